"""The time zone that a person chooses for an account."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_follower_counts'),
    ]

    operations = [
        migrations.AddField(
            model_name='tiktokaccount',
            name='time_zone',
            field=models.CharField(blank=True, db_default='', default='', help_text='IANA name; empty: worked out from the hours of the posts.', max_length=64),
        ),
    ]
