from allauth.account import views as account
from allauth.usersessions import views as usersessions
from django.urls import include, path, re_path

from participants import views

videos = [
    path("<int:position>/", views.video, name="video"),
    path("<int:position>/detak/", views.beat, name="beat"),
    path("<int:position>/mulai/", views.start, name="start"),
    path("<int:position>/selesai/", views.finish, name="finish"),
]

# allauth looks its pages up by these names.
accounts = [
    path("masuk/", account.login, name="account_login"),
    path("keluar/", account.logout, name="account_logout"),
    path("lupa-password/", account.password_reset, name="account_reset_password"),
    path(
        "lupa-password/terkirim/",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^password-baru/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password-baru/selesai/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("akun/", views.account_overview, name="account_overview"),
    path("akun/password/", account.password_change, name="account_change_password"),
    path("akun/password/buat/", account.password_set, name="account_set_password"),
    path("akun/konfirmasi/", account.reauthenticate, name="account_reauthenticate"),
    path("akun/nonaktif/", account.account_inactive, name="account_inactive"),
    path("akun/sesi/", usersessions.list_usersessions, name="usersessions_list"),
    path("daftar/", account.signup, name="account_signup"),
]

urlpatterns = [
    path("video/", include((videos, "participants"))),
    *accounts,
]
