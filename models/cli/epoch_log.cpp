#include "models/cli/epoch_log.h"

#include <cerrno>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "models/base/atomic_file.h"

namespace barker {

std::string epoch_line(const EpochReport& e) {
  using Json = nlohmann::ordered_json;
  const Json line = {{"phase", e.phase},
                     {"epoch", e.number},
                     {"main_loss", e.main_loss},
                     {"auxiliary_loss", e.aux_loss},
                     {"main_auc", e.main_auc},
                     {"auxiliary_auc", e.auxiliary_auc},
                     {"best", e.best},
                     {"learning_rate", e.learning_rate},
                     {"instances", e.instances},
                     {"seconds", e.seconds},
                     {"instances_per_second", e.instances_per_second}};
  return line.dump() + "\n";
}

Result<EpochLog> EpochLog::open(const std::string& path, bool goes_on) {
  const bool standard = path == "-";
  std::FILE* file = standard ? stdout : std::fopen(path.c_str(), goes_on ? "a" : "w");
  if (!file) return cannot_be_written(path, errno);
  return EpochLog(path, file);
}

EpochLog::EpochLog(std::string path, std::FILE* file)
    : path_(std::move(path)), file_(file, [](std::FILE* f) {
        if (f != stdout) std::fclose(f);
      }) {}

void EpochLog::add(const EpochReport& epoch) {
  const std::string line = epoch_line(epoch);
  const bool written = std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size() &&
                       std::fflush(file_.get()) == 0;
  if (!written && status_.ok()) status_ = cannot_be_written(path_, errno);
}

}  // namespace barker
