from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("poolapp", "0002_control_verbs"),
    ]

    operations = [
        # What lists are filtered by, in the order in which they are shown.
        migrations.AlterField(
            model_name="taskrecord",
            name="name",
            field=models.CharField(max_length=255, verbose_name="task"),
        ),
        migrations.AddIndex(
            model_name="poolevent",
            index=models.Index(fields=["pool", "-at"], name="poolapp_event_pool"),
        ),
        migrations.AddIndex(
            model_name="poolevent",
            index=models.Index(fields=["event", "-at"], name="poolapp_event_event"),
        ),
        migrations.AddIndex(
            model_name="taskrecord",
            index=models.Index(fields=["pool", "-queued_at"], name="poolapp_task_pool"),
        ),
        migrations.AddIndex(
            model_name="taskrecord",
            index=models.Index(fields=["name", "-queued_at"], name="poolapp_task_name"),
        ),
        # A name instead of a key: users may live in another database, and go while their requests stay.
        migrations.RemoveField(
            model_name="poolcommand",
            name="requested_by",
        ),
        migrations.AddField(
            model_name="poolcommand",
            name="requested_by",
            field=models.CharField(blank=True, default="", max_length=255, verbose_name="requested by"),
            preserve_default=False,
        ),
    ]
