from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('posts', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='refresh',
            name='attempts',
            field=models.PositiveIntegerField(default=0, help_text='Claims since the last progress.'),
        ),
        migrations.AlterField(
            model_name='refresh',
            name='claim',
            field=models.UUIDField(editable=False, help_text='Of the worker that holds it; a fencing token.', null=True),
        ),
        migrations.AlterField(
            model_name='refresh',
            name='heartbeat_at',
            field=models.DateTimeField(help_text='When it was last queued, claimed or written by its worker.', null=True),
        ),
    ]
