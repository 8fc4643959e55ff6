"""A form that is asked at every door; the form that comes with the product."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from fangxian.common.scoping import acting
from fangxian.field.actions import NewVisit, record_visits
from fangxian.field.models import Campaign, FormDefinition, Target, Visit
from fangxian.field.questionnaire import check_answers
from fangxian.field.questionnaire.schema import in_language
from fangxian.field.tests.conftest import begin


@pytest.fixture
def asking(campaign: Campaign, cast: Any, places: Any) -> Campaign:
    """A sweep whose form has to be answered at every door where somebody is met."""
    return begin(cast.actor("headquarters"), places, name="逐户核查", every_door=True)


def record(by: Any, campaign: Campaign, outcome: str, **answers: Any) -> tuple[str, list[str]]:
    with acting(by):
        home = Target.objects.filter(campaign=campaign, state="open").first()
        assert home is not None
    visit = NewVisit(uuid4(), campaign.id, home.household_id, outcome, answers=answers)
    (answer,) = record_visits(by=by, visits=[visit])
    return answer.result, [problem.field for problem in answer.problems]


def test_no_door_is_covered_while_a_required_question_is_not_answered(
    asking: Campaign, bob: Any
) -> None:
    assert record(bob, asking, "all_well") == ("rejected", ["fever"])
    assert record(bob, asking, "exceptions") == ("rejected", ["fever"])
    assert record(bob, asking, "all_well", fever="no") == ("applied", [])
    # Nobody is there to be asked.
    assert record(bob, asking, "absent") == ("applied", [])
    assert record(bob, asking, "vacant") == ("applied", [])
    with acting(bob):
        assert list(Visit.objects.values_list("exceptions", flat=True)) == [0, 0, 0]


def test_an_exception_among_the_answers_is_not_all_well(asking: Campaign, bob: Any) -> None:
    assert record(bob, asking, "all_well", fever="yes") == ("rejected", ["outcome"])
    assert record(bob, asking, "exceptions", fever="yes", temperature=38.2) == ("applied", [])
    with acting(bob):
        assert Visit.objects.get().exceptions == 1


def test_elsewhere_one_key_is_enough(campaign: Campaign, bob: Any) -> None:
    assert record(bob, campaign, "all_well") == ("applied", [])
    assert record(bob, campaign, "exceptions") == ("rejected", ["fever"])
    # Which exception it is may stand in the note alone.
    assert record(bob, campaign, "exceptions", fever="no") == ("applied", [])
    with acting(bob):
        assert sorted(Visit.objects.values_list("exceptions", flat=True)) == [0, 1]


def test_the_door_asks_before_it_is_saved(
    client_of: Any, asking: Campaign, bob: Any, places: Any
) -> None:
    client = client_of("bob")
    with acting(bob):
        home = Target.objects.filter(campaign=asking).first()
        assert home is not None
    url = reverse("field:door", args=[asking.id, home.household_id])
    page = client.get(url)
    asked = [one.code for one in page.context["outcomes"] if one.asks]
    assert (asked, page.context["asking"]) == (["all_well", "exceptions"], False)
    assert client.get(url, {"outcome": "all_well"}).context["asking"] is True
    given = {"op_id": str(uuid4()), "outcome": "all_well"}
    refused = client.post(url, given)
    assert (refused.status_code, refused.context["asking"]) == (422, True)
    assert client.post(url, given | {"a.fever": "no"}).status_code == 302
    with acting(bob):
        visit = Visit.objects.get()
    assert visit.outcome == "all_well"
    assert '"fever"' in str(visit.answers)
    listed = client.get(f"/api/field/{asking.id}/doors/{places.grid}").json()
    assert (listed["every_door"], listed["form_id"]) == (True, str(asking.form_id))


def test_a_first_sweep_is_planned_with_the_form_that_is_there(
    client_of: Any, cast: Any, places: Any
) -> None:
    client = client_of("headquarters")
    page = client.get(reverse("field:campaign_new"))
    (form,) = page.context["form"].fields["form"].queryset
    assert (form.code, form.source) == ("household-check", "shipped")
    assert client.get(reverse("field:form", args=[form.id])).status_code == 200
    today = timezone.localdate().isoformat()
    sent = {
        "name": "第一轮",
        "area": places.county,
        "group": "all",
        "form": str(form.id),
        "every_door": "on",
        "starts_on": today,
        "ends_on": today,
    }
    assert client.post(reverse("field:campaign_new"), sent).status_code == 302
    with acting(cast.actor("headquarters")):
        planned = Campaign.objects.get()
    assert (planned.form_id, planned.every_door) == (form.id, True)


@pytest.mark.django_db
def test_the_form_that_is_there_asks_what_matters_in_both_languages() -> None:
    form = FormDefinition.objects.get(code="household-check").questionnaire()
    today = timezone.localdate()
    assert not check_answers(form, {}, today=today).ok
    well = {"people": "3", "unwell": "no", "returned": "no"}
    assert check_answers(form, well, today=today).exceptions == []
    ill = well | {"unwell": "yes", "patients": [{"who": "查无此人", "temperature": "37.9"}]}
    assert check_answers(form, ill, today=today).exceptions == ["unwell"]
    assert not check_answers(form, ill | {"patients": []}, today=today).ok
    for question in form.walk():
        labels = set()
        for language in ("zh-hans", "en"):
            with override(language):
                labels.add(in_language(question.label))
        assert len(labels) == 2
