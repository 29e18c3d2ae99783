#include "models/cli/training_options.h"

#include <cctype>

#include "models/base/file_bytes.h"
#include "models/command/options.h"

namespace barker {
namespace {

constexpr size_t kMaxConfiguration = 1 << 20;  // bytes

}  // namespace

Status apply_setting(const std::string& setting, TrainOptions& options) {
  const size_t equals = setting.find('=');
  const size_t dot = setting.find('.');
  if (equals == std::string::npos || dot == std::string::npos || dot > equals) {
    return invalid_argument("\"" + setting + "\": expected section.key=value");
  }
  std::string value = setting.substr(equals + 1);
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  // Strings need no quotes here, and times such as 30d neither, nor one such as -30d, which is
  // then refused as a time.
  const auto begins_number = [&](char c) { return is_digit(c) || c == '-' || c == '.'; };
  const bool is_string =
      !value.empty() && value != "true" && value != "false" &&
      (is_letter(value.front()) || (begins_number(value.front()) && is_letter(value.back())));
  if (is_string) value = '"' + value + '"';
  const Status s =
      read_options("[" + setting.substr(0, dot) + "]\n" +
                       setting.substr(dot + 1, equals - dot - 1) + " = " + value + "\n",
                   options);
  if (s.ok()) return s;
  // The line is that of the text above, which nobody wrote.
  constexpr std::string_view kLine = "line ", kEnd = ": ";
  std::string message = s.message();
  if (message.starts_with(kLine)) message.erase(0, message.find(kEnd) + kEnd.size());
  return {s.code(), setting + ": " + message};
}

Result<TrainOptions> read_training_options(const TrainingWords& words,
                                           const TrainOptions& defaults) {
  TrainOptions options = defaults;
  if (!words.config.empty()) {
    const Result<std::string> text = read_small_file(words.config, kMaxConfiguration);
    if (!text.ok()) return text.status();
    if (Status s = read_options(*text, options); !s.ok()) {
      return Status(Code::kBadConfiguration, words.config + ": " + s.message());
    }
  }
  for (const std::string& setting : words.set) {
    if (Status s = apply_setting(setting, options); !s.ok()) {
      return Status(s.code(), "--set " + s.message());
    }
  }
  if (words.seed) {
    if (Status s = apply_setting("train.seed=" + std::to_string(*words.seed), options); !s.ok()) {
      return Status(s.code(), "--seed: " + s.message());
    }
  }
  return options;
}

void add_training_options(CLI::App& command, TrainingWords& words) {
  command
      .add_option("--config", words.config, "TOML file; `barker-train config` prints the defaults")
      ->type_name(kFile)
      ->group(kModel);
  command
      .add_option("--set", words.set,
                  "An option over the configuration, section.key=value; repeatable")
      ->type_name("SETTING")
      ->group(kModel);
}

void add_training_seed_option(CLI::App& command, TrainingWords& words) {
  command.add_option("--seed", words.seed, "Short for --set train.seed=N")
      ->type_name("N")
      ->default_str("")
      ->group(kModel);
}

}  // namespace barker
