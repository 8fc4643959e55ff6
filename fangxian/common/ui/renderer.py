"""How Django draws forms: ``{{ form }}`` gives labels, hints, errors and marks everywhere."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    form_template_name = "common/forms/form.html"
    formset_template_name = "common/forms/formset.html"
    field_template_name = "common/forms/field.html"
