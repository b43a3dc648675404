from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Pekerjaan"

    def ready(self) -> None:
        # Each app's kinds of work register as its work.py is imported.
        autodiscover_modules("work")
