from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("privacy", "0009_writing")]

    operations = [
        migrations.AlterField(
            model_name="consent",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("service", "service"),
                    ("learning", "learning"),
                    ("drafts", "drafts"),
                    ("outcomes", "outcomes"),
                    ("writing", "writing"),
                    ("comparing", "comparing"),
                ],
                max_length=16,
            ),
        ),
    ]
