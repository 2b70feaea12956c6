/* vitalrig score rate, labels, stages, delay: one task of a scenario on annotation files or on tables, without any run. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/amount.h"
#include "cli/say.h"
#include "cli/score_classes.h"
#include "cli/score_feed.h"
#include "cli/score_print.h"
#include "cli/verb.h"

struct arguments {
    struct vr_scenario_score config;
    bool has_max_age;
    struct vr_score_classes classes;
    struct vr_score_pairs pairs;
    struct vr_score_table_options table;
    enum vr_score_form form;
};

enum {
    KEY_RECORD = 0x100,
    KEY_REF,
    KEY_TEST,
    KEY_CSV,
    KEY_KEY,
    KEY_VALUE,
    KEY_REF_COLUMN,
    KEY_TEST_COLUMN,
    KEY_RECORD_COLUMN,
    KEY_SUBJECT_COLUMN,
    KEY_CONFIDENCE,
    KEY_SCORE,
    KEY_NO_HEADING,
    KEY_SEPARATOR,
    KEY_FROM,
    KEY_MEASUREMENT,
    KEY_WINDOW,
    KEY_STEP,
    KEY_MAX_AGE,
    KEY_MAX_LAG,
    KEY_COVERAGE,
    KEY_CLASS,
    KEY_CLASSES,
    KEY_IGNORE,
    KEY_POSITIVE,
    KEY_EPOCH,
    KEY_STAGES,
    KEY_MIN_LENGTH
};

/* clang-format off */
#define INPUT_OPTIONS \
    {"record", KEY_RECORD, "RECORD", 0, "FOLDER/RECORD or builtin:NAME/RECORD; may be repeated", 1}, \
    {"ref", KEY_REF, "ANNOTATOR", 0, "The truth: a name beside the record, or a file; without --record a table", 1}, \
    {"test", KEY_TEST, "ANNOTATOR", 0, "What is compared with it: the same", 1}, \
    {"csv", KEY_CSV, "FILE", 0, "One table with a column for each side", 2}, \
    {"ref-column", KEY_REF_COLUMN, "COLUMN", 0, "The truth's column", 2}, \
    {"test-column", KEY_TEST_COLUMN, "COLUMN", 0, "The test's column", 2}, \
    {"value", KEY_VALUE, "COLUMN", 0, "Of two tables: the column of the value in both", 2}, \
    {"key", KEY_KEY, "COLUMN,...", 0, "Of two tables: columns by which rows belong together, the first with the record's name", 2}, \
    {"record-column", KEY_RECORD_COLUMN, "COLUMN", 0, "Of one table: the record's name (default: the subject's)", 2}, \
    {"subject-column", KEY_SUBJECT_COLUMN, "COLUMN", 0, "Who a row is of, for statistics by subject", 2}, \
    {"subject", KEY_SUBJECT_COLUMN, "COLUMN", OPTION_ALIAS, NULL, 2}, \
    {"no-heading", KEY_NO_HEADING, NULL, 0, "Tables begin with a row; columns are called by their numbers, from 1", 2}, \
    {"separator", KEY_SEPARATOR, "CHARACTER", 0, "Of tables (default: ,)", 2}, \
    {"format", 'f', "FORM", 0, "text, json or csv (default: text)", 4}, \
    {"json", 'j', NULL, 0, "The same as --format json", 4}, \
    {"from", KEY_FROM, "TIME", 0, "What lies before does not count (default: 0)", 3}
#define CONFIDENCE_OPTION \
    {"confidence-column", KEY_CONFIDENCE, "COLUMN", 0, "How sure the test is, 0 to 1; below 0 = not told", 2}
#define CLASS_OPTIONS \
    {"class", KEY_CLASS, "NAME[=LABEL,...]", 0, "A class and the labels that mean it (default: its name); may be repeated", 3}, \
    {"ignore", KEY_IGNORE, "LABEL", 0, "A label that is not scored; may be repeated", 3}
#define CLASSES_OPTIONS \
    {"classes", KEY_CLASSES, "NAME,...", 0, "Several classes by their names", 3}, \
    {"positive", KEY_POSITIVE, "NAME", 0, "The class that is to be found", 3}
/* clang-format on */

static const struct argp_option rate_options[] = {
    INPUT_OPTIONS,
    CONFIDENCE_OPTION,
    {"measurement", KEY_MEASUREMENT, "NUMBER", 0,
     "Subtype of the MEASURE annotations (default: 1, the heart rate)", 3},
    {"window", KEY_WINDOW, "TIME", 0, "Length of a window (default: 8)", 3},
    {"step", KEY_STEP, "TIME", 0,
     "From one window to the next, where beats are the truth (default: 2)", 3},
    {"max-age", KEY_MAX_AGE, "TIME", 0,
     "How old a value may be at the end of its window (default: --window)", 3},
    {"max-lag", KEY_MAX_LAG, "TIME", 0, "Tell the error with the best lag up to this one, too", 3},
    {"coverage", KEY_COVERAGE, "PERCENT", 0,
     "Part of the windows, best confidence first, for the error at coverage (default: 90)", 3},
    {0},
};

static const struct argp_option labels_options[] = {
    INPUT_OPTIONS,
    CONFIDENCE_OPTION,
    {"score-column", KEY_SCORE, "COLUMN", 0, "The test's score of the positive class", 2},
    CLASS_OPTIONS,
    CLASSES_OPTIONS,
    {"epoch", KEY_EPOCH, "TIME", 0,
     "Of annotations: length of an epoch (default: one label for each record)", 3},
    {0},
};

static const struct argp_option stages_options[] = {
    INPUT_OPTIONS,
    CLASS_OPTIONS,
    {"stages", KEY_STAGES, "NUMBER", 0,
     "5 (W N1 N2 N3 R), 4 (wake light deep REM), 3 (wake NREM REM), 2 (wake sleep) (default: 4)",
     3},
    {"epoch", KEY_EPOCH, "TIME", 0, "Length of an epoch (default: 30)", 3},
    {0},
};

static const struct argp_option delay_options[] = {
    INPUT_OPTIONS,
    CLASS_OPTIONS,
    CLASSES_OPTIONS,
    {"epoch", KEY_EPOCH, "TIME", 0, "Of tables: time from one row to the next (default: 1)", 3},
    {"max-lag", KEY_MAX_LAG, "TIME", 0,
     "How long after its end an episode may be told (default: 0)", 3},
    {"min-length", KEY_MIN_LENGTH, "TIME", 0, "Shorter episodes do not count (default: 0)", 3},
    {0},
};

/* --- options ---------------------------------------------------------------------------------- */

static void add(struct vr_score_values *values, const char *value)
{
    values->items[values->count++] = value;
}

static bool parse_input(struct arguments *arguments, int key, char *argument)
{
    struct vr_score_table_options *table = &arguments->table;
    switch (key) {
    case KEY_RECORD:
        add(&arguments->pairs.records, argument);
        return true;
    case KEY_REF:
        add(&arguments->pairs.references, argument);
        return true;
    case KEY_TEST:
        add(&arguments->pairs.tests, argument);
        return true;
    case KEY_CSV:
        table->csv = argument;
        return true;
    case KEY_KEY:
        table->key = argument;
        return true;
    case KEY_VALUE:
        table->reference_column = table->test_column = argument;
        return true;
    case KEY_REF_COLUMN:
        table->reference_column = argument;
        return true;
    case KEY_TEST_COLUMN:
        table->test_column = argument;
        return true;
    case KEY_RECORD_COLUMN:
        table->record_column = argument;
        return true;
    case KEY_SUBJECT_COLUMN:
        table->subject_column = argument;
        return true;
    case KEY_CONFIDENCE:
        table->confidence_column = argument;
        return true;
    case KEY_SCORE:
        table->score_column = argument;
        return true;
    case KEY_NO_HEADING:
        table->has_no_heading = true;
        return true;
    default:
        return false;
    }
}

/* A number that must be above 0. */
static double above_0(struct argp_state *state, const char *option, const char *argument)
{
    double value = vr_amount_seconds(state, option, argument);
    if (!(value > 0))
        argp_error(state, "%s: \"%s\" is not above 0", option, argument);
    return value;
}

static bool parse_task(struct argp_state *state, int key, char *argument)
{
    struct arguments *arguments = state->input;
    struct vr_scenario_score *config = &arguments->config;
    switch (key) {
    case KEY_FROM:
        config->from_s = vr_amount_seconds(state, "--from", argument);
        return true;
    case KEY_MEASUREMENT:
        config->measurement = (int)vr_amount_count(state, "--measurement", argument);
        if (config->measurement > 127)
            argp_error(state, "--measurement: %s is above 127", argument);
        return true;
    case KEY_WINDOW:
        config->window_s = above_0(state, "--window", argument);
        return true;
    case KEY_STEP:
        config->step_s = above_0(state, "--step", argument);
        return true;
    case KEY_MAX_AGE:
        config->max_age_s = above_0(state, "--max-age", argument);
        arguments->has_max_age = true;
        return true;
    case KEY_MAX_LAG:
        config->max_lag_s = vr_amount_seconds(state, "--max-lag", argument);
        return true;
    case KEY_COVERAGE:
        config->coverage_pct = vr_amount_number(state, "--coverage", argument);
        if (!(config->coverage_pct > 0 && config->coverage_pct <= 100))
            argp_error(state, "--coverage: %s is not above 0 and at most 100", argument);
        return true;
    case KEY_POSITIVE:
        config->positive = argument;
        return true;
    case KEY_EPOCH:
        config->epoch_s = above_0(state, "--epoch", argument);
        return true;
    case KEY_STAGES:
        config->stages = (int)vr_amount_count(state, "--stages", argument);
        if (config->stages < 2 || config->stages > 5)
            argp_error(state, "--stages: %s is none of 2, 3, 4, 5", argument);
        return true;
    case KEY_MIN_LENGTH:
        config->min_length_s = vr_amount_seconds(state, "--min-length", argument);
        return true;
    default:
        return false;
    }
}

static bool parse_classes(struct argp_state *state, int key, char *argument)
{
    struct arguments *arguments = state->input;
    const char *wrong;
    if (key == KEY_CLASS)
        wrong = vr_score_classes_add(&arguments->classes, argument);
    else if (key == KEY_CLASSES)
        wrong = vr_score_classes_add_names(&arguments->classes, argument);
    else if (key == KEY_IGNORE)
        wrong = vr_score_classes_ignore(&arguments->classes, argument);
    else
        return false;
    if (wrong)
        argp_error(state, "\"%s\": %s", argument, wrong);
    return true;
}

static enum vr_score_form find_form(struct argp_state *state, const char *word)
{
    static const char *const words[] = {
        [VR_SCORE_TEXT] = "text", [VR_SCORE_JSON] = "json", [VR_SCORE_CSV] = "csv"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0)
            return (enum vr_score_form)i;
    argp_error(state, "--format: \"%s\" is none of text, json, csv", word);
    return VR_SCORE_TEXT;
}

/* Which of the three kinds of input it is, and whether it is whole. */
static void check_input(struct argp_state *state, struct arguments *arguments)
{
    const struct vr_score_pairs *pairs = &arguments->pairs;
    struct vr_score_table_options *table = &arguments->table;
    if (pairs->records.count > 0) {
        if (table->csv)
            argp_error(state, "--csv and --record are two kinds of input: give one");
        if (table->key || table->reference_column || table->test_column || table->record_column ||
            table->subject_column || table->confidence_column || table->score_column)
            argp_error(state, "columns are of tables, and --record has annotations");
        vr_score_pairs_check(state, pairs);
        return;
    }
    if (!table->csv && (pairs->references.count != 1 || pairs->tests.count != 1))
        argp_error(
            state,
            "what is compared is missing: --record with --ref and --test, or one table --csv, or "
            "two tables --ref and --test");
    if (table->csv && pairs->references.count + pairs->tests.count > 0)
        argp_error(
            state, "--csv has both sides: name their columns with --ref-column and --test-column");
    if (!table->reference_column || !table->test_column)
        argp_error(
            state, "the values' columns are missing: --ref-column and --test-column, or --value");
    if (arguments->config.from_s > 0 && strcmp(arguments->config.task, "delay") != 0)
        argp_error(
            state, "--from: rows of a table have no time; leave out those that do not count");
    if (table->csv)
        return;
    if (!table->key)
        argp_error(
            state,
            "--key is missing: the columns by which the rows of both tables belong together");
    table->reference = pairs->references.items[0];
    table->test = pairs->tests.items[0];
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    if (parse_input(arguments, key, argument) || parse_task(state, key, argument) ||
        parse_classes(state, key, argument))
        return 0;
    switch (key) {
    case KEY_SEPARATOR:
        if (strlen(argument) != 1 && strcmp(argument, "\\t") != 0)
            argp_error(state, "--separator: \"%s\" is not one character", argument);
        arguments->table.separator = argument[0] == '\\' ? '\t' : argument[0];
        break;
    case 'f':
        arguments->form = find_form(state, argument);
        break;
    case 'j':
        arguments->form = VR_SCORE_JSON;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\": name it with an option", argument);
        break;
    case ARGP_KEY_END:
        check_input(state, arguments);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* --- work ------------------------------------------------------------------------------------- */

static int read_tables(
    const struct arguments *arguments, struct vr_by_record *records, struct vr_err *err)
{
    _cleanup_(vr_score_table_finish) struct vr_score_table table = {0};
    int r = vr_score_table_read(&arguments->table, &table, err);
    for (size_t i = 0; r == 0 && i < table.count; i++)
        r = vr_score_feed_table(&arguments->config, &table.records[i], records, err);
    return r;
}

static int read_pairs(
    const struct arguments *arguments, struct vr_by_record *records, struct vr_err *err)
{
    for (size_t i = 0; i < arguments->pairs.records.count; i++) {
        _cleanup_(vr_score_pair_finish) struct vr_score_pair pair = {0};
        bool is_scored = false;
        int r = vr_score_pair_read(&arguments->pairs, i, &pair, err);
        if (r == 0)
            r = vr_score_feed_pair(&arguments->config, &pair, records, &is_scored, err);
        if (r < 0)
            return r;
        if (!is_scored)
            vr_say(
                "note: record %s is not scored: %s has no truth for \"%s\"", pair.record.name,
                pair.reference_name, arguments->config.task);
    }
    return 0;
}

/* Everything is compared before anything is printed: an error leaves no half result behind. */
static int score(struct arguments *arguments, struct vr_err *err)
{
    struct vr_scenario_score *config = &arguments->config;
    const struct vr_scorer *scorer = vr_scorer_find(config->task, err);
    struct vr_by_record records = {.table = scorer->table};
    config->classes = arguments->classes.items;
    config->class_count = arguments->classes.count;
    config->ignored = arguments->classes.ignored;
    config->ignored_count = arguments->classes.ignored_count;
    if (!arguments->has_max_age)
        config->max_age_s = config->window_s;
    int r = scorer->check ? scorer->check(config, err) : 0;
    if (r == 0)
        r = arguments->pairs.records.count > 0 ? read_pairs(arguments, &records, err)
                                               : read_tables(arguments, &records, err);
    if (r == 0)
        r = vr_score_print(config, &records, arguments->form, err);
    vr_by_record_finish(&records);
    return r;
}

static int task_main(
    int argc, char **argv, const struct vr_scenario_score *config,
    const struct argp_option *options, const char *text)
{
    const struct argp argp = {options, parse, NULL, text, NULL, NULL, NULL};
    struct vr_err err = {0};
    /* Every value takes at least one argument, so argc bounds each list. */
    _cleanup_free_ const char **values = calloc(3 * (size_t)argc, sizeof *values);
    if (!values) {
        vr_err_set(&err, VR_ERR_NO_MEMORY, "no memory for %d arguments", argc);
        return vr_say_err(&err);
    }
    struct arguments arguments = {
        .config = *config,
        .pairs = {{values, 0}, {values + argc, 0}, {values + 2 * argc, 0}},
    };
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = score(&arguments, &err);
    vr_score_classes_finish(&arguments.classes);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

/* --- verbs ------------------------------------------------------------------------------------ */

#define TABLES \
    "\vTables are delimited text with a heading. One table has a column for each side: --csv " \
    "FILE --ref-column A --test-column B. Rows of two " \
    "tables belong together by key: --ref FILE --test FILE --key record,epoch --value C; a row " \
    "that the test lacks is missing, one that only the test " \
    "has is an error.\n\nThe metrics are those of schema/metrics.md."

static int rate_main(int argc, char **argv)
{
    static const struct vr_scenario_score config = {
        .task = "rate",
        .window_ms = 150,
        .measurement = 1,
        .window_s = 8,
        .step_s = 2,
        .coverage_pct = 90};
    return task_main(
        argc, argv, &config, rate_options,
        "Compare a heart rate, or any other number, with the true one, window by window." TABLES);
}

static int labels_main(int argc, char **argv)
{
    static const struct vr_scenario_score config = {.task = "labels"};
    return task_main(
        argc, argv, &config, labels_options,
        "Compare labels with labels: rhythm, activity, anything, by epoch or by record." TABLES);
}

static int stages_main(int argc, char **argv)
{
    static const struct vr_scenario_score config = {.task = "stages", .stages = 4, .epoch_s = 30};
    return task_main(
        argc, argv, &config, stages_options,
        "Compare sleep stages, epoch by epoch and night by night. Rows of tables are epochs in the "
        "order of time." TABLES);
}

static int delay_main(int argc, char **argv)
{
    static const struct vr_scenario_score config = {.task = "delay", .epoch_s = 1};
    return task_main(
        argc, argv, &config, delay_options,
        "Tell how late episodes are told, and how often one that is none. Rows of tables are "
        "labels in the order of time, one each --epoch." TABLES);
}

const struct vr_verb vr_verb_score_rate = {
    "rate", "heart rate or any number, by window", rate_main};
const struct vr_verb vr_verb_score_labels = {
    "labels", "classes by epoch or by record", labels_main};
const struct vr_verb vr_verb_score_stages = {"stages", "sleep stages and nights", stages_main};
const struct vr_verb vr_verb_score_delay = {
    "delay", "delay of detection, false alarms", delay_main};
