#include "models/baselines/two_tower.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <utility>

#include "models/evaluate/score.h"
#include "models/train/trainer.h"
#include "models/weights/weight_file.h"
#include "scoring/isa.h"

namespace barker {
namespace {

// The trainer's late interaction alone is such a network: the context's tower is a perceptron over
// the pooled history and query, the keyword's tower is linear. It is trained on the same data, from
// the same start and with the same end of training as the networks that it is compared with.
class TwoTower : public Baseline {
 public:
  Status fit(const Dataset& data) override {
    data_ = &data;
    for (const char* inputs : {"BM", "ABM"}) {  // without and with the features of the log
      if (inputs == std::string("ABM") && data.groups().empty()) continue;
      TrainOptions options;
      options.model.name = inputs;
      options.model.dot = DotHead::kAlone;
      Result<Trained> trained = train(data, options, RunOptions());
      if (!trained.ok()) {
        return {trained.status().code(), "two-tower: " + trained.status().message()};
      }
      if (file_ && !(trained->validation_auc > validation_auc_)) continue;
      validation_auc_ = trained->validation_auc;
      if (Status s = freeze(std::move(trained->model)); !s.ok()) return s;
    }
    return {};
  }

  Result<std::vector<float>> predict(Split split) const override {
    return score_dataset(*file_, kernels_for(supported_isas().back()), *data_, split, Task::kMain,
                         training_click_rate(*data_));
  }

 private:
  // Through a weight file, whose name vanishes at once, so that the serving kernels judge it.
  Status freeze(ModelSpec model) {
    std::error_code error;
    const std::filesystem::path directory = std::filesystem::temp_directory_path(error);
    if (error) return io_error("TMPDIR: is no directory to write temporary files to");
    static std::atomic<int> files = 0;
    const std::string path = directory / ("barker.two-tower." + std::to_string(getpid()) + "." +
                                          std::to_string(files++));
    model.card.name = "two-tower";
    if (Status s = write_weight_file(model, path); !s.ok()) return s;
    Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(path);
    unlink(path.c_str());
    if (!file.ok()) return file.status();
    file_ = std::move(*file);
    return {};
  }

  const Dataset* data_ = nullptr;
  std::shared_ptr<const WeightFile> file_;
  double validation_auc_ = 0;
};

}  // namespace

std::unique_ptr<Baseline> make_two_tower() { return std::make_unique<TwoTower>(); }

}  // namespace barker
