"""Uploads: nobody fills the disk or the memory with a file that is too large."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class SizeLimit(FileUploadHandler):
    """Read an oversized upload away; the form then finds no file and says why."""

    def handle_raw_input(
        self, input_data: Any, meta: Any, content_length: int, *args: Any
    ) -> None:
        self.input_data = input_data
        self.is_too_large = content_length > settings.UPLOAD_MAX

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.is_too_large:
            request: Any = self.request
            request.upload_is_too_large = True
            # Django would read the rest line by line, and a file may be one line.
            while self.input_data.read(self.chunk_size):
                pass
            raise StopUpload(connection_reset=False)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
