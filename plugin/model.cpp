#include "plugin/model.h"

#include <cstdio>
#include <string_view>

#include "models/text/keywords.h"
#include "models/weights/groups.h"
#include "models/weights/time_notes.h"
#include "models/weights/weights_generated.h"

namespace barker {
namespace {

int32_t source_of(std::string_view group) {
  switch (group_source(group)) {
    case GroupSource::kQuery:
      return BARKER_SOURCE_QUERY;
    case GroupSource::kHistory:
      return BARKER_SOURCE_USER_KEYWORDS;
    case GroupSource::kUserId:
      return BARKER_SOURCE_USER;
    case GroupSource::kSfHistory:
    case GroupSource::kFeatures:
      return BARKER_SOURCE_GROUPS;
  }
  return BARKER_SOURCE_GROUPS;
}

}  // namespace

void write_digest(const WeightFile& file, char (&digest)[40]) {
  std::snprintf(digest, sizeof digest, "%016llx%016llx",
                static_cast<unsigned long long>(file.header().metadata_xxh3),
                static_cast<unsigned long long>(file.header().tensors_xxh3));
}

void describe_model(const Generation& generation, barker_model& out,
                    barker_model_group_callback callback, void* context) {
  const Network& network = generation.network();
  const fbs::ModelCard& card = generation.file->card();
  out.generation = generation.id;
  out.groups = network.groups.size();
  out.keywords = network.keyword_rows;
  out.predicts_pctr = network.has_auxiliary ? 1 : 0;
  out.keyword_scheme = kKeywordScheme;
  out.trained_from = time_note(card, kTrainedFromNote).value_or(0);
  out.trained_to = time_note(card, kTrainedToNote).value_or(0);
  write_digest(*generation.file, out.digest);
  if (!callback) return;
  for (const NetworkGroup& group : network.groups) {
    const barker_model_group told = {sizeof told,           {group.name.data(), group.name.size()},
                                     source_of(group.name), group.keywords ? 1 : 0,
                                     group.max_tokens,      group.hash_buckets};
    callback(context, &told);
  }
}

}  // namespace barker
