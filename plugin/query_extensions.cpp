// The extensions that answer queries: barker.explain/1 and barker.prepared/1.

#include "plugin/boundary.h"
#include "plugin/extension_tables.h"

struct barker_prepared_query {
  std::unique_ptr<barker::PreparedQuery> query;
  barker_plugin* plugin;
};

namespace barker {
namespace {

// {NULL, 0} where there is no memory for a copy.
barker_string copy_of(const std::string& text) noexcept {
  char* const copy = new (std::nothrow) char[text.size()];
  if (!copy) return {nullptr, 0};
  std::copy(text.begin(), text.end(), copy);
  return {copy, text.size()};
}

int32_t explain(barker_plugin* plugin, const barker_request* request, barker_string* json,
                char* error) {
  return guard(error, [&]() -> int32_t {
    if (!plugin || !json) return fail(error, BARKER_E_INVALID_ARGUMENT, "plugin or json is NULL");
    CheckedRequest checked;
    if (!read_request(request, checked, error)) return BARKER_E_INVALID_ARGUMENT;
    const barker_string copy = copy_of(plugin->plugin.explain(checked));
    if (!copy.data) throw std::bad_alloc();
    *json = copy;
    return BARKER_OK;
  });
}

void release(barker_string json) { delete[] json.data; }

int32_t rescore_and_explain(barker_plugin* plugin, const barker_request* request,
                            barker_response* response, barker_string* json, char* error) {
  return answer_into(response, plugin, error, [&]() -> int32_t {
    if (!plugin) return no_plugin(error);
    if (!json)
      return fail(error, BARKER_E_INVALID_ARGUMENT, "json: expected a pointer, found NULL");
    CheckedRequest checked;
    if (!read_request(request, checked, error)) return BARKER_E_INVALID_ARGUMENT;
    std::string text;
    const int32_t code = respond(
        checked, plugin->plugin.host_minor(), response, error,
        [&](barker_response& ours) { return plugin->plugin.rescore(checked, ours, &text); });
    // The page is answered and counted: it is not taken back because its explanation failed.
    if (code == BARKER_OK) *json = text.empty() ? barker_string{} : copy_of(text);
    return code;
  });
}

int32_t begin(barker_plugin* plugin, const barker_request* request, barker_prepared_query** query,
              char* error) {
  return guard(error, [&]() -> int32_t {
    if (!plugin || !query) return fail(error, BARKER_E_INVALID_ARGUMENT, "plugin or query is NULL");
    *query = nullptr;
    CheckedRequest checked;
    if (!read_request_without_ads(request, checked, error)) return BARKER_E_INVALID_ARGUMENT;
    *query = new barker_prepared_query{plugin->plugin.begin_query(checked), plugin};
    return BARKER_OK;
  });
}

int32_t begin_beside(barker_prepared_query* other, const barker_request* request,
                     barker_prepared_query** query, char* error) {
  return guard(error, [&]() -> int32_t {
    if (!other || !query) return fail(error, BARKER_E_INVALID_ARGUMENT, "a query is NULL");
    *query = nullptr;
    CheckedRequest checked;
    if (!read_request_without_ads(request, checked, error)) return BARKER_E_INVALID_ARGUMENT;
    *query = new barker_prepared_query{other->plugin->plugin.begin_query(checked, *other->query),
                                       other->plugin};
    return BARKER_OK;
  });
}

int32_t score(barker_prepared_query* query, const barker_ad* ad, barker_response* response,
              char* error) {
  return answer_into(response, query ? query->plugin : nullptr, error, [&]() -> int32_t {
    if (!query) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "query: expected a pointer, found NULL");
    }
    barker_ad ours;
    CheckedRequest& request = query->query->request();
    if (const Status s = check_single_ad(ad, ours, request); !s.ok()) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "ad: " + s.message());
    }
    return respond(request, query->plugin->plugin.host_minor(), response, error,
                   [&](barker_response& filled) { return query->query->score(filled); });
  });
}

// Texts of a caller that come beside a query.
Result<std::vector<std::string_view>> read_texts(const char* name, const barker_string* from,
                                                 uint64_t count) {
  if (count > BARKER_MAX_AD_SELLING_POINTS) {
    return invalid_argument("count: expected at most " +
                            std::to_string(BARKER_MAX_AD_SELLING_POINTS) + ", found " +
                            std::to_string(count));
  }
  std::vector<std::string_view> texts;
  texts.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const barker_string& text = from[i];
    if ((text.size > 0 && !text.data) || text.size > BARKER_MAX_TEXT_SIZE) {
      return invalid_argument(std::string(name) + "[" + std::to_string(i) +
                              "]: a text is NULL or too long");
    }
    texts.push_back(view(text));
  }
  return texts;
}

int32_t attraction(barker_prepared_query* query, const barker_string* keywords, uint64_t count,
                   double* probabilities, char* error) {
  return guard(error, [&]() -> int32_t {
    if (!query || (count > 0 && (!keywords || !probabilities))) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "query, keywords or probabilities is NULL");
    }
    const auto texts = read_texts("keywords", keywords, count);
    if (!texts.ok()) return finish(texts.status(), error);
    query->query->attraction(*texts, probabilities);
    return BARKER_OK;
  });
}

int32_t forbidden(barker_prepared_query* query, const barker_string* keywords,
                  const barker_string* categories, uint64_t count, uint8_t* verdicts, char* error) {
  return guard(error, [&]() -> int32_t {
    if (!query || (count > 0 && (!keywords || !verdicts))) {
      return fail(error, BARKER_E_INVALID_ARGUMENT, "query, keywords or verdicts is NULL");
    }
    const auto texts = read_texts("keywords", keywords, count);
    if (!texts.ok()) return finish(texts.status(), error);
    const Result<std::vector<std::string_view>> of =
        categories ? read_texts("categories", categories, count)
                   : std::vector<std::string_view>(count);
    if (!of.ok()) return finish(of.status(), error);
    query->query->judge(*texts, *of, verdicts);
    return BARKER_OK;
  });
}

void end(barker_prepared_query* query) { delete query; }

}  // namespace

const barker_explain kExplain = {sizeof(barker_explain), explain, release, rescore_and_explain};
const barker_prepared kPrepared = {
    sizeof(barker_prepared), begin, score, end, attraction, begin_beside, forbidden};

}  // namespace barker
