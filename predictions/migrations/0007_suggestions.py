"""Suggestions as they were told; weights of the former kind are learned anew, with the account's time zone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('predictions', '0006_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='accountweights',
            name='time_zone',
            field=models.CharField(blank=True, db_default='', default='', help_text="The account's chosen zone that they were learned with.", max_length=64),
        ),
        migrations.AddField(
            model_name='prediction',
            name='combination',
            field=models.JSONField(help_text='All suggestions at once; null for fewer than two.', null=True),
        ),
        migrations.AddField(
            model_name='prediction',
            name='suggestions',
            field=models.JSONField(help_text='As they were told, without texts, best first; null if not asked for.', null=True),
        ),
        migrations.AlterField(
            model_name='accountweights',
            name='summary',
            field=models.JSONField(default=dict, help_text='Effects in per cent, readable.'),
        ),
        migrations.RunSQL(
            "UPDATE predictions_accountweights SET summary = '{}', posts_sequence = 0",
            migrations.RunSQL.noop,
        ),
    ]
