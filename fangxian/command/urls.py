from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from fangxian.command.views import board, downloads, proof, today, wall

app_name = "command"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", today.today, name="today"),
    path("board/", board.choose, name="board"),
    path("board/sweeps/", board.sweeps, name="sweeps"),
    path("board/proof/", proof.shown, name="proof"),
    path("board/chain/", board.chain_area, name="chain"),
    path("board/chain/<str:code>/", board.chain_place, name="chain_place"),
    path("board/<uuid:campaign>/", board.at_area, name="board_area"),
    path("board/<uuid:campaign>/<str:code>/", board.at_place, name="board_place"),
    path("board/<uuid:campaign>/<str:code>/map/", downloads.map_of, name="map"),
    path("wall/", wall.overview, name="wall"),
    path("wall/gaps/", wall.gaps, name="wall_gaps"),
    path("wall/stay/", wall.stay, name="wall_stay"),
]
# One route a form, so that an address says what it gives.
for form in ("xlsx", "csv"):
    urlpatterns += [
        path(
            f"board/<uuid:campaign>/<str:code>/gaps.{form}",
            downloads.gaps,
            {"form": form},
            name=f"gaps_{form}",
        ),
        path(
            f"board/chain.{form}",
            downloads.vacancies,
            {"form": form},
            name=f"vacancies_area_{form}",
        ),
        path(
            f"board/chain/<str:code>/vacancies.{form}",
            downloads.vacancies,
            {"form": form},
            name=f"vacancies_{form}",
        ),
    ]
