from allauth.account import views as allauth
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from participants import account, media, views

pages = [
    path("video/<int:position>/", views.video, name="video"),
    path("video/<int:position>/detak/", views.beat, name="beat"),
    path("video/<int:position>/mulai/", views.start, name="start"),
    path("video/<int:position>/selesai/", views.finish, name="finish"),
    path("saldo/", views.balance, name="balance"),
    path("notifikasi/", views.notices, name="notices"),
    path("notifikasi/dibaca/", views.mark_notices_read, name="mark_notices_read"),
]

# allauth looks its pages up by these names.
accounts = [
    path("masuk/", account.Login.as_view(), name="account_login"),
    path("keluar/", allauth.logout, name="account_logout"),
    path("daftar/", allauth.signup, name="account_signup"),
    path("lupa-password/", account.AskForLink.as_view(), name="account_reset_password"),
    path(
        "lupa-password/terkirim/",
        allauth.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^password-baru/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.NewPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path("akun/", account.overview, name="account_overview"),
    path(
        "akun/password/",
        account.ChangePassword.as_view(),
        name="account_change_password",
    ),
    # Who has no password gets it by mail, logged in or not.
    path(
        "akun/password/buat/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
    path(
        "akun/konfirmasi/",
        account.Reauthenticate.as_view(),
        name="account_reauthenticate",
    ),
    path("akun/nonaktif/", allauth.account_inactive, name="account_inactive"),
    path("akun/sesi/", account.sessions, name="usersessions_list"),
    path("akun/sesi/akhiri/", account.end_other_sessions, name="end_other_sessions"),
    path("akun/sesi/<int:pk>/akhiri/", account.end_session, name="end_session"),
    path("sesi/perpanjang/", account.extend_session, name="extend_session"),
]

urlpatterns = [
    path("", include((pages, "participants"))),
    path("media/video/<str:name>", media.video_file, name="video_file"),
    *accounts,
]
