from django.urls import path

from trainings.views import buying, catalogue, certificates, purchases

app_name = "trainings"

urlpatterns = [
    path("pelatihan/", catalogue.catalogue, name="catalogue"),
    path("pelatihan/cara-membeli/", catalogue.how_to_buy, name="how_to_buy"),
    path("pelatihan/<slug:slug>/", catalogue.detail, name="detail"),
    path("pelatihan/<slug:slug>/beli/", buying.buy, name="buy"),
    path("pembelian/", purchases.purchases, name="purchases"),
    path("pembelian/<uuid:reference>/", buying.order, name="order"),
    path("pembelian/<uuid:reference>/kode/", buying.send_code, name="send_code"),
    path("pembelian/<uuid:reference>/bayar/", buying.confirm, name="confirm"),
    path("pembelian/<uuid:reference>/batal/", buying.cancel, name="cancel"),
    path("pembelian/<uuid:reference>/maju/", purchases.demo_step, name="demo_step"),
    path("pembelian/<uuid:reference>/ulasan/", purchases.review, name="review"),
    path(
        "pembelian/<uuid:reference>/sertifikat/",
        certificates.certificate,
        name="certificate",
    ),
    path(
        "pembelian/<uuid:reference>/sertifikat.pdf",
        certificates.certificate_pdf,
        name="certificate_pdf",
    ),
    path("sertifikat/", certificates.check_form, name="check_form"),
    path("sertifikat/<slug:check_code>/", certificates.check, name="check_certificate"),
]
