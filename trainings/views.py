from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def how_to_buy(request: HttpRequest) -> HttpResponse:
    return render(request, "trainings/how_to_buy.html")
