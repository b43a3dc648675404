from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.db.models import fields
from django.forms.renderers import TemplatesSetting


class PrakerjaConfig(AppConfig):
    name = "prakerja"
    verbose_name = "Prakerja"

    def ready(self) -> None:
        """Say in Indonesian what Django's translation of 6.1 leaves in English."""
        fields.BLANK_CHOICE_LABEL = "Pilih salah satu"


class AdminConfig(DjangoAdminConfig):
    default_site = "participants.admin_site.StaffSite"


class FormRenderer(TemplatesSetting):
    """Every form field in the site's look: label, help, errors and their wiring."""

    field_template_name = "components/field.html"
