from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("poolapp", "0003_lists_and_requests"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="dashboard",
            options={
                "default_permissions": (),
                "managed": False,
                "permissions": [
                    ("view_dashboard", "Can view the pool dashboard"),
                    ("control_pool", "Can restart and control pools"),
                    ("cancel_task", "Can cancel tasks"),
                    ("repeat_task", "Can run tasks again"),
                ],
                "verbose_name": "dashboard",
                "verbose_name_plural": "dashboard",
            },
        ),
        migrations.AddField(
            model_name="poolsnapshot",
            name="run_time_p50",
            field=models.FloatField(blank=True, null=True, verbose_name="run time, p50"),
        ),
        migrations.AddField(
            model_name="poolsnapshot",
            name="run_time_p95",
            field=models.FloatField(blank=True, null=True, verbose_name="run time, p95"),
        ),
        migrations.AddField(
            model_name="poolsnapshot",
            name="run_time_p99",
            field=models.FloatField(blank=True, null=True, verbose_name="run time, p99"),
        ),
        migrations.AddField(
            model_name="poolsnapshot",
            name="wait_time_p50",
            field=models.FloatField(blank=True, null=True, verbose_name="wait time, p50"),
        ),
        migrations.AddField(
            model_name="poolsnapshot",
            name="wait_time_p95",
            field=models.FloatField(blank=True, null=True, verbose_name="wait time, p95"),
        ),
        migrations.AddField(
            model_name="poolsnapshot",
            name="wait_time_p99",
            field=models.FloatField(blank=True, null=True, verbose_name="wait time, p99"),
        ),
        migrations.AddField(
            model_name="taskrecord",
            name="attempts",
            field=models.PositiveSmallIntegerField(
                default=1,
                db_default=1,
                help_text="One more for each worker that was lost with it.",
                verbose_name="attempts",
            ),
        ),
        migrations.AddField(
            model_name="taskrecord",
            name="call",
            field=models.TextField(
                blank=True,
                default="",
                db_default="",
                help_text="Its arguments as JSON, where that says all of them: to run it again.",
                verbose_name="call",
            ),
        ),
        migrations.AlterField(
            model_name="poolcommand",
            name="verb",
            field=models.CharField(
                choices=[
                    ("restart", "restart workers"),
                    ("pause", "pause"),
                    ("resume", "resume"),
                    ("resize", "change the number of workers"),
                    ("strategy", "change the strategy"),
                    ("drain", "drain"),
                    ("cancel", "cancel tasks"),
                    ("repeat", "run tasks again"),
                ],
                max_length=20,
                verbose_name="verb",
            ),
        ),
        migrations.AddIndex(
            model_name="taskrecord",
            index=models.Index(fields=["worker_slot", "-queued_at"], name="poolapp_task_slot"),
        ),
    ]
