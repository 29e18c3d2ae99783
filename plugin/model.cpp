#include "plugin/model.h"

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
  generation.file->write_digest(out.digest);
  if (!callback) return;
  for (const NetworkGroup& group : network.groups) {
    const barker_model_group told = {sizeof told,           {group.name.data(), group.name.size()},
                                     source_of(group.name), group.keywords ? 1 : 0,
                                     group.max_tokens,      group.hash_buckets};
    callback(context, &told);
  }
}

}  // namespace barker
