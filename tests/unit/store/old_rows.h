/* A run as schema 1 has it: whole, with one row of each kind that matters to a migration. */
#ifndef VR_TEST_OLD_ROWS_H
#define VR_TEST_OLD_ROWS_H

static const char old_rows[] =
    "INSERT INTO run VALUES (7, 'old', 's', '', '{}', 'sim', 'echo', '0.1.0', 'h', 5, 6, 8, "
    "'ended',"
    " 'pass', 'all gates passed', 0, '1', 1);"
    "INSERT INTO record VALUES (3, 'd', '100', 'ab', '', 'MLII', 360, 1, 10, 0,"
    " 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');"
    "INSERT INTO trial (trial_id, run_id, record_id, repeat, attempt, outcome, why, "
    "started_ns, ended_ns,"
    " device_clock_hz, boot_nonce, samples_planned, samples_sent, samples_consumed, "
    "samples_lost,"
    " samples_unsent, outputs_emitted, outputs_stored, outputs_lost, ledger_closed, bytes_sent,"
    " bytes_received, payload_bytes, sample_bytes, frames_sent, frames_resent, crc_errors, "
    "frame_errors,"
    " device_crc_errors, device_frame_errors, underruns)"
    " VALUES (2, 7, 3, 0, 0, 'link_lost', 'w', 1, 2, 0, 0, 10, 0, 0, 0, 10, NULL, 1, NULL, 0, "
    "0, 0, 0, 0,"
    " 0, 0, 0, 0, 0, 0, 0);"
    "INSERT INTO output VALUES (2, 0, 1, 0, 4, 4, 1, 2, 3, 1, 90, NULL, NULL, NULL, NULL, "
    "NULL, NULL);";

#endif
