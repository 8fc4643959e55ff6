from __future__ import annotations

from django.urls import path

from fangxian.command.views import board, today

app_name = "command"
urlpatterns = [
    path("", today.today, name="today"),
    path("board/", board.choose, name="board"),
    path("board/<uuid:campaign>/", board.at_area, name="board_area"),
    path("board/<uuid:campaign>/<str:code>/", board.at_place, name="board_place"),
]
