// import-weights, export: models as files of other frameworks.
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

#include "models/base/exit_code.h"
#include "models/base/output_paths.h"
#include "models/cli/commands.h"
#include "models/cli/shared_options.h"
#include "models/cli/weight_draft.h"
#include "models/command/options.h"
#include "models/exchange/model_files.h"
#include "models/exchange/onnx_model.h"
#include "models/text/text.h"
#include "models/weights/weight_file.h"

namespace barker {
namespace {

struct ImportFlags {
  std::string directory;
  ModelFiles files;
  std::string out;
};

// The files of the directory, where a flag names no other.
Result<ModelFiles> files_of(const ImportFlags& flags) {
  ModelFiles files = flags.files;
  if (!flags.directory.empty()) {
    const ModelFiles in = model_files_in(flags.directory);
    for (std::string ModelFiles::*const file : {&ModelFiles::description, &ModelFiles::tensors,
                                                &ModelFiles::vocabulary, &ModelFiles::golden}) {
      if ((files.*file).empty()) files.*file = in.*file;
    }
    if (files.phrases.empty() && std::filesystem::exists(in.phrases)) files.phrases = in.phrases;
  }
  const std::pair<const char*, const std::string&> needed[] = {{"--description", files.description},
                                                               {"--tensors", files.tensors},
                                                               {"--vocabulary", files.vocabulary},
                                                               {"--golden", files.golden}};
  for (const auto& [name, file] : needed) {
    if (file.empty()) {
      return invalid_argument(std::string(name) + ": expected a file, or a directory DIR with all");
    }
  }
  return files;
}

Result<int> run_import(const ImportFlags& flags) {
  const Result<ModelFiles> files = files_of(flags);
  if (!files.ok()) return files.status();
  Status paths = check_outputs({{"--description", files->description},
                                {"--tensors", files->tensors},
                                {"--vocabulary", files->vocabulary},
                                {"--phrases", files->phrases},
                                {"--golden", files->golden}},
                               {{"--out", flags.out}});
  if (!paths.ok()) return paths;
  Result<ModelSpec> model = import_model(*files);
  if (!model.ok()) return model.status();
  if (model->card.created == 0) model->card.created = created_or_now(-1);
  WeightDraft draft(flags.out);
  if (Status s = draft.write(*model); !s.ok()) return s;
  if (Status s = draft.publish(); !s.ok()) return s;
  std::printf("%s: %zu names, %zu golden vectors reproduced within %g\n",
              visible(flags.out).c_str(), model->names.size(), model->golden.size(),
              static_cast<double>(model->golden_tolerance));
  return kExitOk;
}

struct ExportFlags {
  std::string weights, directory, onnx;
};

Result<int> run_export(const ExportFlags& flags) {
  if (flags.directory.empty() && flags.onnx.empty()) {
    return invalid_argument("expected --safetensors DIR or --onnx FILE");
  }
  constexpr auto kKind = OutputPath::Kind::kFileOrStream;
  std::vector<OutputPath> outputs = {{"--onnx", flags.onnx, kKind}};
  if (!flags.directory.empty()) {
    const ModelFiles files = model_files_in(flags.directory);
    for (const std::string& file :
         {files.description, files.tensors, files.vocabulary, files.phrases, files.golden}) {
      if (std::filesystem::exists(file)) outputs.push_back({"--safetensors", file});
    }
  }
  if (Status s = check_outputs({{"WEIGHTS", flags.weights}}, outputs); !s.ok()) return s;
  const Result<std::shared_ptr<const WeightFile>> file = WeightFile::open(flags.weights);
  if (!file.ok()) return file.status();
  const ModelSpec model = read_model(**file);
  if (!flags.directory.empty()) {
    if (Status s = export_model(model, flags.directory); !s.ok()) return s;
    std::printf("%s: model.toml, model.safetensors, words.txt, phrases.txt, golden.jsonl\n",
                visible(flags.directory).c_str());
  }
  if (!flags.onnx.empty()) {
    if (Status s = write_onnx_model(model, flags.onnx); !s.ok()) return s;
    // The model itself may go to standard output.
    std::fprintf(stderr, "%s is ready\n", visible(flags.onnx).c_str());
  }
  if (!model.click_rates.is_empty()) {
    std::cerr << "barker-train export: the click rates of " << visible(flags.weights)
              << " are no part of what is written\n";
  }
  return kExitOk;
}

}  // namespace

Command add_import_weights_command(CLI::App& app) {
  const auto flags = std::make_shared<ImportFlags>();
  CLI::App* command = add_subcommand(
      app, "import-weights", "Make a weight file of a network that another framework trained");
  command
      ->add_option("directory", flags->directory,
                   "Directory with all the files, as `export` writes")
      ->type_name(kDirectory);
  const auto file = [&](const char* name, std::string& path, const char* what) {
    command->add_option(name, path, what)->type_name(kFile)->group(kInput);
  };
  file("--description", flags->files.description, "TOML: groups, layers, calibration, card");
  file("--tensors", flags->files.tensors, "safetensors: embedding and layers");
  file("--vocabulary", flags->files.vocabulary, "A keyword or \"group=token\" a line, row by row");
  file("--phrases", flags->files.phrases,
       "Keywords of several words, if not those of the vocabulary");
  file("--golden", flags->files.golden, "JSON Lines: inputs and the framework's own logits");
  add_out_option(*command, "--out", flags->out, "Weight file to write");
  return [flags] { return run_import(*flags); };
}

Command add_export_command(CLI::App& app) {
  const auto flags = std::make_shared<ExportFlags>();
  CLI::App* command =
      add_subcommand(app, "export", "Write a weight file's model as files of other frameworks");
  command->add_option("weights,--weights", flags->weights, "Weight file")
      ->required()
      ->type_name(kFile);
  command
      ->add_option("--safetensors", flags->directory,
                   "Directory for tensors, words and golden vectors, as `import-weights` reads")
      ->type_name(kDirectory)
      ->group(kOutput);
  command->add_option("--onnx", flags->onnx, "ONNX graph to write")
      ->type_name(kFile)
      ->group(kOutput);
  return [flags] { return run_export(*flags); };
}

}  // namespace barker
