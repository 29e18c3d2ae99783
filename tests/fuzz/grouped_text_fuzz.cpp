// Any bytes as the paper's notation, and the events that come out of them as a dataset.
#include "models/data/dataset.h"
#include "models/data/grouped_text.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace barker;
  const std::string path = file_of(data, size), made = path + ".data";
  BadLines bad;
  auto builder = DatasetBuilder::create(made, {}, {});
  promise(builder.ok(), "a dataset can be begun");
  const auto text = RepeatableLog::open(path, path);
  promise(text.ok(), "the file can be opened");
  const auto read = read_grouped_text(*text, "", bad, [&](const SearchEvent& event) {
    const Status added = builder->add(event);
    promise(added.ok() || added.code() == Code::kBadData, "an event is taken or bad");
    return Status();
  });
  promise(read.ok() || !read.status().message().empty(), "a refusal says why");
  promise(builder->finish("fuzz").ok(), "a dataset can be finished");
  const auto dataset = Dataset::open(made);
  promise(dataset.ok(), "what was written can be opened");
  for (uint32_t s = 0; s < (*dataset)->searches(); ++s) {
    const SearchView view = (*dataset)->search(s);
    for (const uint32_t k : view.history) {
      promise(k == kUnknownKeyword || k < (*dataset)->keywords(), "keywords are in range");
    }
    for (const uint32_t ad : view.ads) (*dataset)->title(ad);
    for (size_t g = 0; g < (*dataset)->groups().size(); ++g) (*dataset)->group(s, g);
  }
  std::remove(made.c_str());
  return 0;
}
