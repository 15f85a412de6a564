import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import privacy.models.legal


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_seats"),
        ("predictions", "0012_viralscore"),
        ("predictions", "0013_draft_to_remind"),
    ]

    operations = [
        migrations.CreateModel(
            name="BrandWords",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    privacy.models.legal.SourceField(
                        choices=[("tiktok", "tiktok"), ("person", "person"), ("postcast", "postcast")],
                        editable=False,
                        max_length=16,
                    ),
                ),
                ("consent_version", privacy.models.legal.ConsentVersionField(editable=False, max_length=32)),
                ("provenance", privacy.models.legal.ProvenanceField(editable=False, max_length=64)),
                ("retain_until", privacy.models.legal.RetainUntilField(editable=False)),
                ("transformation", privacy.models.legal.TransformationField(editable=False, max_length=16)),
                (
                    "must",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, size=None
                    ),
                ),
                (
                    "never",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, size=None
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="brand_words",
                        to="accounts.tiktokaccount",
                    ),
                ),
            ],
            options={"verbose_name_plural": "brand words"},
        ),
    ]
