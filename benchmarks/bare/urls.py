from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from participants.models import Participant, Wave


def page(request: HttpRequest) -> HttpResponse:
    """Session, user, two queries, a 12 KB template."""
    participant = Participant.objects.get(user=request.user.pk)
    waves = list(Wave.objects.all()[:12])
    context = {"participant": participant, "waves": waves, "rows": range(9)}
    return render(request, "page.html", context)


def view(request: HttpRequest) -> HttpResponse:
    """Nothing at all."""
    return HttpResponse("ok")


urlpatterns = [path("page/", page), path("view/", view)]
