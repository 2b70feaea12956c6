/* The steps of the schema, and taking them. */
#include "store/migrate.h"

extern const char vr_store_migration_0001[], vr_store_migration_0002[], vr_store_migration_0003[],
    vr_store_migration_0004[], vr_store_migration_0005[];

const struct vr_migration vr_migrations[] = {
    {1, vr_store_migration_0001}, {2, vr_store_migration_0002}, {3, vr_store_migration_0003},
    {4, vr_store_migration_0004}, {5, vr_store_migration_0005},
};
const size_t vr_migration_count = sizeof vr_migrations / sizeof *vr_migrations;

const struct vr_store_kind vr_store_kind = {
    .name = "VitalRig file",
    .application_id = VR_STORE_APPLICATION_ID,
    .steps = vr_migrations,
    .step_count = sizeof vr_migrations / sizeof *vr_migrations,
};

static int version_read(struct vr_store *store, int64_t *ret_version, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "read the version of its schema", "PRAGMA user_version");
    return vr_sql_number(&sql, ret_version, err);
}

int vr_migrate_identify(struct vr_store *store, int newest, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "read what it is", "PRAGMA application_id");
    int64_t application_id, version;
    int result = vr_sql_number(&sql, &application_id, err);
    if (result == 0)
        result = version_read(store, &version, err);
    if (result < 0)
        return result;
    if (application_id != store->kind->application_id)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: not a %s, but some other SQLite database", store->path,
            store->kind->name);
    if (version < 1)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: not a %s: it has no schema", store->path, store->kind->name);
    if (version > newest)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: its schema is version %lld, and this VitalRig knows versions up to %d; use a "
            "newer VitalRig",
            store->path, (long long)version, newest);
    store->version = (int)version;
    return 0;
}

static int references_check(struct vr_store *store, struct vr_err *err)
{
    _cleanup_(vr_sql_finish) struct vr_sql sql =
        vr_sql_use(store, "check its references", "PRAGMA foreign_key_check");
    int result = vr_sql_row(&sql, err);
    if (result > 0)
        return vr_err_set(
            err, VR_ERR_STORE, "%s: a row of %s refers to nothing; look with `vitalrig db check`",
            store->path, vr_sql_text(&sql, 0));
    return result;
}

static int step_take(struct vr_store *store, const struct vr_migration *step, struct vr_err *err)
{
    int64_t version = 0;
    int result = vr_store_begin(store, err);
    if (result < 0)
        return result;
    result = vr_sql_script(store, "migrate its schema", step->sql, err);
    if (result == 0)
        result = references_check(store, err);
    if (result == 0)
        result = version_read(store, &version, err);
    if (result == 0 && version != step->version)
        result = vr_err_set(
            err, VR_ERR_INTERNAL, "%s: the step to schema %d led to %lld", store->path,
            step->version, (long long)version);
    if (result == 0)
        result = vr_store_commit(store, err);
    else
        vr_store_rollback(store);
    if (result == 0)
        store->version = step->version;
    return result;
}

int vr_migrate(
    struct vr_store *store, const struct vr_migration *steps, size_t count, struct vr_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (steps[i].version <= store->version)
            continue;
        int result = step_take(store, &steps[i], err);
        if (result < 0)
            return result;
    }
    return 0;
}
