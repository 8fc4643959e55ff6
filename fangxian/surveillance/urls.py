from django.urls import path

from fangxian.surveillance.views import cards

app_name = "surveillance"
urlpatterns = [
    path("cards/", cards.every, name="cards"),
    path("cards/new/", cards.new, name="card_new"),
    path("cards/known/", cards.known, name="card_known"),
    path("cards/<uuid:card_id>/", cards.detail, name="card"),
    path("cards/<uuid:card_id>/revise/", cards.revise, name="card_revise"),
    path("cards/<uuid:card_id>/withdraw/", cards.withdraw, name="card_withdraw"),
    path("cards/<uuid:card_id>/verify/", cards.verify, name="card_verify"),
    path("diseases/", cards.diseases, name="diseases"),
]
