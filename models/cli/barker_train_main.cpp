// barker-train: makes data, trains models, judges them and writes weight files.
#include "models/cli/commands.h"

int main(int argc, char** argv) {
  return barker::run_program(
      {"barker-train",
       BARKER_VERSION,
       "barker-train: from click logs to weight files",
       {barker::add_generate_command,       barker::add_import_command,
        barker::add_join_command,           barker::add_validate_command,
        barker::add_prepare_command,        barker::add_convert_command,
        barker::add_show_command,           barker::add_config_command,
        barker::add_train_command,          barker::add_sweep_command,
        barker::add_tune_command,           barker::add_evaluate_command,
        barker::add_compare_command,        barker::add_unseen_command,
        barker::add_replay_command,         barker::add_gate_command,
        barker::add_quantize_command,       barker::add_extend_command,
        barker::add_train_titles_command,   barker::add_evaluate_titles_command,
        barker::add_import_weights_command, barker::add_export_command}},
      argc, argv);
}
