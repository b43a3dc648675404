from django.contrib import admin
from django.urls import include, path

from prakerja import dashboard, demo
from trainings.api import urls as trainings_api

handler400 = "prakerja.errors.bad_request"
handler403 = "prakerja.errors.permission_denied"
handler404 = "prakerja.errors.not_found"
handler429 = "prakerja.errors.too_many_requests"
handler500 = "prakerja.errors.server_error"

pages = [
    path("", dashboard.home, name="home"),
    path("dashboard/", dashboard.show, name="dashboard"),
    path("bantuan/", dashboard.help_page, name="help"),
    path("peragaan/sms/", demo.sms_inbox, name="demo_sms"),
]

urlpatterns = [
    path("", include((pages, "prakerja"))),
    path("", include("participants.urls")),
    path("", include("trainings.urls")),
    path("insentif/", include("incentives.urls")),
    path("api/v1/", trainings_api),
    path("admin/", admin.site.urls),
]
