"""The staff site: Django's admin behind the same login as everybody else's."""

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite


class StaffSite(AdminSite):
    site_title = "Prakerja"
    site_header = "Prakerja · petugas"
    index_title = "Pekerjaan petugas"
    site_url = "/dashboard/"

    login = secure_admin_login(AdminSite.login)
