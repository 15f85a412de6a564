from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("privacy", "0008_visitors_and_members")]

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
                ],
                max_length=16,
            ),
        ),
    ]
