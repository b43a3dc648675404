from django.urls import path

from trainings import views

app_name = "trainings"

urlpatterns = [path("", views.how_to_buy, name="how_to_buy")]
