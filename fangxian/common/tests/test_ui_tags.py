"""Tags, components and the form renderer, through templates."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path

import pytest
from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

from fangxian.common.registries import navigation
from fangxian.common.ui import bundle, widgets


def render(source, path="/list/", **values):
    request = RequestFactory().get(path)
    return Template("{% load i18n fx %}" + source).render(Context({"request": request, **values}))


class VisitForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As in the document")
    outcome = forms.ChoiceField(
        label="Outcome", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect
    )
    told = forms.BooleanField(label="Told", required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


@pytest.fixture
def built(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "DIST", tmp_path)
    manifest = {
        "islands/main.ts": {
            "file": "assets/main-1.js",
            "isEntry": True,
            "imports": ["_shared.js"],
            "css": ["assets/main-1.css"],
        },
        "_shared.js": {"file": "assets/shared-2.js", "imports": ["islands/main.ts"]},
        "styles/main.scss": {"file": "assets/style-3.css", "isEntry": True},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_asset_writes_what_the_entry_needs(built):
    html = render('{% asset "islands/main.ts" %}{% asset "styles/main.scss" %}')
    assert '<script type="module" src="/static/dist/assets/main-1.js"></script>' in html
    assert '<link rel="stylesheet" href="/static/dist/assets/main-1.css">' in html
    assert '<link rel="modulepreload" href="/static/dist/assets/shared-2.js">' in html
    assert '<link rel="stylesheet" href="/static/dist/assets/style-3.css">' in html


def test_asset_names_the_mend(built):
    with pytest.raises(ImproperlyConfigured, match=r"known: islands/main\.ts, styles/main\.scss"):
        bundle.entry("islands/other.ts")
    (built / "manifest.json").unlink()
    with pytest.raises(ImproperlyConfigured, match="make setup"):
        bundle.entry("islands/main.ts")


def test_component_sees_its_arguments_and_nothing_else_of_the_page():
    html = render('{% ui "badge" kind="ok" label=word %}', word="<Done>", kind="bad")
    assert "fx-badge--ok" in html
    assert "&lt;Done&gt;" in html
    assert "fx-badge--neutral" in render('{% ui "badge" label="x" %}', kind="bad")


def test_slots_may_stand_in_conditions_and_nest():
    html = render(
        '{% uiblock "panel" title="Outer" %}'
        '{% uiblock "panel" title="Inner" level=3 %}body{% slot actions %}inner{% endslot %}'
        "{% enduiblock %}"
        "{% if yes %}{% slot actions %}outer{% endslot %}{% endif %}"
        "{% enduiblock %}",
        yes=True,
    )
    assert html.index("<h2>Outer</h2>") < html.index("outer") < html.index("<h3>Inner</h3>")
    assert html.index("inner") < html.index(">body<")


def test_wrong_use_of_components_is_said():
    with pytest.raises(TemplateSyntaxError, match="outside of a uiblock"):
        render("{% slot actions %}x{% endslot %}")
    with pytest.raises(TemplateSyntaxError, match="name=value"):
        render('{% ui "badge" ok %}')


@pytest.mark.parametrize(
    ("path", "tag", "url"),
    [
        ("/?status=gap&after=9", "{% url_with sort='name' %}", "?status=gap&sort=name"),
        ("/?status=gap", "{% url_with status='' %}", "?"),
        ("/?status=gap", "{% url_with after='x y' %}", "?status=gap&after=x+y"),
        ("/?q=%22%3E%3Cb", "{% url_with after=1 %}", "?q=%22%3E%3Cb&after=1"),
    ],
)
def test_url_with_keeps_the_other_filters(path, tag, url):
    assert render("{% autoescape off %}" + tag + "{% endautoescape %}", path) == url


@pytest.mark.parametrize(
    ("path", "way", "target"),
    [
        ("/", "none", "?sort=late"),
        ("/?sort=late", "ascending", "?sort=-late"),
        ("/?sort=-late", "descending", "?sort=late"),
    ],
)
def test_header_sorts_and_says_how(path, way, target):
    html = render('{% th "Overdue" sort="late" num=True %}', path)
    assert f'aria-sort="{way}"' in html
    assert f'href="{target}"' in html
    assert ('aria-current="true"' in html) == (way != "none")


def test_form_has_labels_hints_marks_and_errors_that_readers_find():
    html = render("{{ form }}", form=VisitForm({"name": ""}))
    assert '<label class="fx-label" for="id_name">' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert '<legend class="fx-label">Outcome' in html
    assert html.count('aria-hidden="true">*<') == 2
    assert '<label class="fx-check" for="id_told">' in html
    assert html.count('name="token"') == 1


def test_error_summary_links_to_controls_of_forms_and_formsets():
    form = VisitForm({"name": ""})
    form.is_valid()
    form.add_error(None, "Both are missing")
    html = render('{% ui "error_summary" form=form %}', form=form)
    assert 'href="#id_name"' in html
    assert 'href="#id_outcome_0"' in html
    assert "Both are missing" in html
    assert 'role="alert"' in html
    formset = forms.formset_factory(VisitForm)(
        {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 0, "form-0-told": "on"}
    )
    assert 'href="#id_form-0-name"' in render('{% ui "error_summary" form=form %}', form=formset)
    assert render('{% ui "error_summary" form=form %}', form=VisitForm()).strip() == ""


def test_hints_are_text_unless_the_code_says_they_are_safe():
    html = render("{% field form.name hint=hint %}", form=VisitForm(), hint="<b>1</b> & more")
    assert "&lt;b&gt;1&lt;/b&gt; &amp; more" in html
    form = VisitForm()
    form.fields["name"].help_text = password_validators_help_text_html()
    assert "<ul><li>" in render("{% field form.name %}", form=form)


def test_field_takes_options():
    html = render('{% field form.name label="Householder" full=True %}', form=VisitForm())
    assert "Householder" in html
    assert "fx-field--full" in html


def test_meter_speaks_in_numbers():
    html = render('{% ui "meter" done=377 total=401 exempt=6 %}')
    # Who is exempt is covered, here as everywhere.
    assert "<strong>95.5%</strong>" in html
    assert 'width="94.01"' in html
    assert 'x="94.01" width="1.50"' in html
    assert "fx-meter--full" in render('{% ui "meter" done=4 total=4 %}')
    full = render('{% ui "meter" done=3 total=4 exempt=1 %}')
    assert "fx-meter--full" in full
    assert "<strong>100%</strong>" in full
    assert "–" in render('{% ui "meter" done=0 total=0 %}')


def test_navigation_marks_the_longest_match_only():
    entries = [
        {"label": "Today", "url": "/", "icon": "today"},
        {"label": "Field", "url": "/field/", "icon": "sweep"},
        {"label": "Reports", "url": "/field/reports/", "icon": "file"},
    ]
    source = (
        "{% nav_entries as all %}{% for one in all %}{% if one.current %}{{ one.label }}{% endif %}"
        "{% endfor %}"
    )
    assert render(source, "/field/reports/3/", nav_items=entries) == "Reports"
    assert render(source, "/field/9/", nav_items=entries) == "Field"
    assert render(source, "/", nav_items=entries) == "Today"
    assert render(source, "/people/", nav_items=entries) == ""


def test_every_icon_that_is_named_is_in_the_sprite():
    room = Path(bundle.__file__).parents[2]
    sprite = (room / "common" / "static" / "common" / "icons.svg").read_text("utf-8")
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    named = {item.icon for item in navigation if item.icon}
    for page in room.rglob("templates/**/*.html"):
        named |= set(
            re.findall(r"""(?:\{% icon |icon=)["']([\w-]+)["']""", page.read_text("utf-8"))
        )
    assert named - drawn == set()


def test_job_polls_until_it_has_ended():
    source = '{% ui "job" id=1 url="/jobs/1/" label="Reading" done=done total=4 state=state %}'
    running = render(source, done=1, state="running")
    assert 'hx-get="/jobs/1/"' in running
    assert "25%" in running
    assert "hx-get" not in render(source, done=4, state="done")


def test_no_component_writes_inline_style_or_script():
    from fangxian.common.ui.styleguide import sample

    request = RequestFactory().get("/styleguide/")
    template = Template('{% include "common/styleguide.html" %}')
    html = template.render(Context({"request": request, **sample()}))
    assert " style=" not in html
    assert "<style" not in html
    assert " onclick=" not in html
    # Scripts are files, or data that is not run.
    starts = [part.split(">")[0] for part in html.split("<script")[1:]]
    assert all(" src=" in start or 'type="application/json"' in start for start in starts)


def test_day_and_time_fields_bring_a_picker_and_read_what_it_sends():
    class When(forms.Form):
        day = forms.DateField(widget=widgets.DateInput, initial=datetime.date(2026, 3, 4))
        due = forms.DateTimeField(widget=widgets.DateTimeInput)
        at = forms.TimeField(widget=widgets.TimeInput)

    html = render("{{ form }}", form=When())
    assert '<input type="date" name="day" value="2026-03-04"' in html
    form = When({"day": "2026-03-04", "due": "2026-03-04T18:30", "at": "17:00"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["due"].hour == 18
    assert 'value="2026-03-04T18:30"' in render("{{ form }}", form=form)
