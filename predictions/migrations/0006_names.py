"""Names that say what they hold: publish_at, ForecastError. Help texts follow, without names of modules."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('predictions', '0005_early_misses'),
    ]

    operations = [
        migrations.RenameField(model_name='prediction', old_name='scheduled_for', new_name='publish_at'),
        # in the state, an index keeps the old name of a renamed field
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER INDEX predictions_schedul_9e7667_idx RENAME TO predictions_publish_a39cab_idx',
                    'ALTER INDEX predictions_publish_a39cab_idx RENAME TO predictions_schedul_9e7667_idx',
                ),
            ],
            state_operations=[
                migrations.RemoveIndex(model_name='prediction', name='predictions_schedul_9e7667_idx'),
                migrations.AddIndex(
                    model_name='prediction',
                    index=models.Index(fields=['publish_at'], name='predictions_publish_a39cab_idx'),
                ),
            ],
        ),
        migrations.RenameModel(old_name='Miss', new_name='ForecastError'),
        migrations.RenameField(model_name='forecasterror', old_name='miss', new_name='error'),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE predictions_forecasterror RENAME CONSTRAINT one_miss_per_age TO one_error_per_age',
                    'ALTER TABLE predictions_forecasterror RENAME CONSTRAINT one_error_per_age TO one_miss_per_age',
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name='forecasterror', name='one_miss_per_age'),
                migrations.AddConstraint(
                    model_name='forecasterror',
                    constraint=models.UniqueConstraint(fields=('post', 'age_h'), name='one_error_per_age'),
                ),
            ],
        ),
        migrations.AlterModelOptions(
            name='forecasterror',
            options={},
        ),
        migrations.AlterField(
            model_name='accountweights',
            name='as_of',
            field=models.DateTimeField(help_text='Learned from nothing observed later.'),
        ),
        migrations.AlterField(
            model_name='accountweights',
            name='posts_sequence',
            field=models.PositiveBigIntegerField(default=0, help_text='The latest PostsChange.sequence learned from; a higher one makes the row stale.'),
        ),
        migrations.AlterField(
            model_name='accountweights',
            name='state',
            field=models.BinaryField(help_text="The account's learned state, serialised by the engine."),
        ),
        migrations.AlterField(
            model_name='accountweights',
            name='summary',
            field=models.JSONField(default=dict, help_text='The weights by name, readable.'),
        ),
        migrations.AlterField(
            model_name='benchmark',
            name='accounts',
            field=models.PositiveIntegerField(help_text='Approximate number of accounts.', null=True),
        ),
        migrations.AlterField(
            model_name='benchmark',
            name='engagement_rate',
            field=models.FloatField(help_text='Likes, comments and shares per view: the median account.', null=True),
        ),
        migrations.AlterField(
            model_name='benchmark',
            name='least_followers',
            field=models.PositiveBigIntegerField(help_text="The most is one less than the next size's least."),
        ),
        migrations.AlterField(
            model_name='benchmark',
            name='likes_high',
            field=models.FloatField(help_text='Third quartile of the same.', null=True),
        ),
        migrations.AlterField(
            model_name='benchmark',
            name='likes_low',
            field=models.FloatField(help_text="First quartile of the accounts' median likes in a first day.", null=True),
        ),
        migrations.AlterField(
            model_name='benchmark',
            name='likes_typical',
            field=models.FloatField(help_text='Median of the same.', null=True),
        ),
        migrations.AlterField(
            model_name='benchmark',
            name='posts_per_week',
            field=models.FloatField(help_text='The median account.', null=True),
        ),
        migrations.AlterField(
            model_name='driftcheck',
            name='changed_since',
            field=models.DateTimeField(help_text='Most likely, posts published since then differ from earlier ones.', null=True),
        ),
        migrations.AlterField(
            model_name='driftcheck',
            name='features',
            field=models.JSONField(default=dict, help_text='Features that moved, in their standard deviations. They raise no alarm.'),
        ),
        migrations.AlterField(
            model_name='driftcheck',
            name='figures',
            field=models.JSONField(default=dict, help_text="Each figure, recent and before, with the difference's score."),
        ),
        migrations.AlterField(
            model_name='driftcheck',
            name='over_at',
            field=models.DateTimeField(help_text='When a check saw the end of the change.', null=True),
        ),
        migrations.AlterField(
            model_name='driftcheck',
            name='posts',
            field=models.PositiveIntegerField(help_text='Posts of the last 70 days with a measured first day.'),
        ),
        migrations.AlterField(
            model_name='driftcheck',
            name='reason',
            field=models.CharField(blank=True, help_text='The reason given with the request to retrain.', max_length=200),
        ),
        migrations.AlterField(
            model_name='forecasterror',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='forecast_errors', to='accounts.tiktokaccount'),
        ),
        migrations.AlterField(
            model_name='forecasterror',
            name='age_h',
            field=models.PositiveSmallIntegerField(db_default=24, default=24, help_text='Age of the post at the label: 24, or 1 for its start.', verbose_name='age in hours'),
        ),
        migrations.AlterField(
            model_name='forecasterror',
            name='due_at',
            field=models.DateTimeField(db_index=True, help_text='When the post reached that age.'),
        ),
        migrations.AlterField(
            model_name='forecasterror',
            name='error',
            field=models.FloatField(help_text="Label minus typical forecast, in the forecast's standard deviations, both of log(1 + likes)."),
        ),
        migrations.AlterField(
            model_name='forecasterror',
            name='features',
            field=models.BinaryField(help_text="The forecast's tabular features, float32, little-endian; empty for ages other than 24 h."),
        ),
        migrations.AlterField(
            model_name='forecasterror',
            name='features_version',
            field=models.PositiveSmallIntegerField(help_text='Only features of one version are compared.'),
        ),
        migrations.AlterField(
            model_name='forecasterror',
            name='post',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='forecast_errors', to='posts.post'),
        ),
        migrations.AlterField(
            model_name='modelversion',
            name='canary_share',
            field=models.FloatField(default=0.0, help_text='Share of accounts (0 to 1) that a challenger on canary serves.'),
        ),
        migrations.AlterField(
            model_name='modelversion',
            name='manifest',
            field=models.JSONField(default=dict, help_text='Training data, seed, libraries and build.'),
        ),
        migrations.AlterField(
            model_name='outcome',
            name='sd',
            field=models.FloatField(help_text='Uncertainty of the likes: standard deviation of log(1 + likes).', null=True),
        ),
        migrations.AlterField(
            model_name='prediction',
            name='caption',
            field=models.TextField(blank=True, help_text='Empty unless the person chose to keep drafts.'),
        ),
        migrations.AlterField(
            model_name='prediction',
            name='explanation',
            field=models.JSONField(help_text="Effect of each feature against the account's usual, in per cent; null if not asked for.", null=True),
        ),
    ]
