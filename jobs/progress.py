"""A job's progress in words for staff."""

import datetime as dt

from jobs.models import Job


def grouped(number: int) -> str:
    """Return ``3.154.929``."""
    return f"{number:,}".replace(",", ".")


def percent(job: Job) -> int:
    """Return whole percent, rounded down: 100 only when all is done."""
    return job.done * 100 // job.total if job.total else 0


def amount(job: Job) -> str:
    """Return ``1.200 dari 4.000 (30%)``, or the count alone if the total is unknown."""
    if job.total is None:
        return grouped(job.done)
    if not job.total:
        return "0"
    return f"{grouped(job.done)} dari {grouped(job.total)} ({percent(job)}%)"


def rate(job: Job) -> str:
    """Return ``120 per detik``, ``12 per menit`` for slow work, or a dash."""
    if job.rate is None:
        return "–"
    if job.rate < 1:
        return f"{grouped(round(job.rate * 60))} per menit"
    return f"{grouped(round(job.rate))} per detik"


def time_left(job: Job) -> str:
    """Return ``sekitar 5 menit``, in minutes and hours; or a dash."""
    if job.time_left is None:
        return "–"
    return about(job.time_left)


def about(length: dt.timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    if minutes < 1:
        return "kurang dari 1 menit"
    hours, minutes = divmod(minutes, 60)
    words = [f"{hours} jam"] * bool(hours) + [f"{minutes} menit"] * bool(minutes)
    return f"sekitar {' '.join(words)}"


def news(job: Job) -> str:
    """Return what is worth being read out: each tenth of the work, and the end."""
    if job.is_finished or not job.total:
        return f"Pekerjaan {job.get_state_display().lower()}."
    return f"{percent(job) // 10 * 10}% sudah dikerjakan."
