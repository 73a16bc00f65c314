"""Functions that came as zip files: unpacked, imported and kept ready, in this process."""

from chalice_offline.uploaded.functions import UploadedFunctions

__all__ = ["UploadedFunctions"]
