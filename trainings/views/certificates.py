"""Certificates: the holder's own page and file, and the check open to everybody."""

import uuid

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from participants.login import FailureLimit, network_of
from trainings.certificates import pdf, qr_code
from trainings.forms import CheckCodeForm
from trainings.models import Certificate
from trainings.views.purchases import own_purchase

# Nobody guesses a code of 16 letters; this only spares the database. Whole offices and
# mobile carriers share a network, hence so many.
UNKNOWN_CODES = FailureLimit(failures=120, seconds=60)


@require_safe
def certificate(request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
    certificate = _own_certificate(request, reference)
    address = _public_address(request, certificate)
    context = {
        "certificate": certificate,
        "training": certificate.purchase.training,
        "reference": reference,
        "public_address": address,
        "qr": qr_code(address),
    }
    return render(request, "trainings/certificate.html", context)


@require_safe
def certificate_pdf(request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
    certificate = _own_certificate(request, reference)
    written = pdf(certificate, address=_public_address(request, certificate))
    name = f'attachment; filename="sertifikat-{certificate.number}.pdf"'
    return HttpResponse(
        written,
        content_type="application/pdf",
        headers={"Content-Disposition": name},
    )


@login_not_required
@require_safe
def check_form(request: HttpRequest) -> HttpResponse:
    form = CheckCodeForm(request.GET or None)
    if form.is_valid():
        return redirect("trainings:check_certificate", form.cleaned_data["kode"])
    status = 422 if form.errors else 200
    return render(request, "trainings/check_form.html", {"form": form}, status=status)


@login_not_required
@require_safe
def check(request: HttpRequest, check_code: str) -> HttpResponse:
    """Say whether a code is that of a certificate, and of which: nothing more."""
    now = timezone.now()
    key = UNKNOWN_CODES.key(f"certificate:{network_of(request)}", at=now)
    unknown = cache.get(key, 0)
    if unknown >= UNKNOWN_CODES.failures:
        return render(request, "429.html", {"reference": ""}, status=429)
    certificates = Certificate.objects.select_related("purchase__training__provider")
    certificate = certificates.filter(check_code=check_code.upper()).first()
    if certificate is None:
        cache.set(key, unknown + 1, UNKNOWN_CODES.seconds)
        form = CheckCodeForm(initial={"kode": check_code})
        context = {"form": form, "unknown_code": check_code}
        return render(request, "trainings/check_form.html", context, status=404)
    context = {"certificate": certificate, "training": certificate.purchase.training}
    return render(request, "trainings/check.html", context)


def _own_certificate(request: HttpRequest, reference: uuid.UUID) -> Certificate:
    purchase = own_purchase(request, reference)
    if not purchase.is_completed:
        raise Http404
    return purchase.certificate


def _public_address(request: HttpRequest, certificate: Certificate) -> str:
    path = reverse("trainings:check_certificate", args=[certificate.check_code])
    return request.build_absolute_uri(path)
