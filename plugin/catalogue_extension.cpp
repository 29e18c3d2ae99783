// The extension barker.catalogue/1, and the control calls of the plugin behind it.

#include <utility>

#include "plugin/boundary.h"
#include "plugin/extension_tables.h"

namespace barker {

Result<uint64_t> Plugin::change_catalogue(uint64_t handle, const Catalogue::Changes& changes) {
  static const Catalogue kEmpty;
  const Catalogue* before = &kEmpty;
  if (handle != 0) {
    const Result<const Catalogue*> found = catalogue(handle);
    if (!found.ok()) return found.status();
    before = *found;
  }
  CatalogueSet next = *serving_->catalogues;
  next[last_catalogue_ + 1] = std::make_shared<const Catalogue>(*before, changes);
  serve_catalogues(std::move(next));
  return ++last_catalogue_;
}

Status Plugin::release_catalogue(uint64_t handle) {
  CatalogueSet next = *serving_->catalogues;
  if (next.erase(handle) == 0) {
    return invalid_argument("handle: expected one of a catalogue, found " + std::to_string(handle));
  }
  serve_catalogues(std::move(next));
  return {};
}

Result<const Catalogue*> Plugin::catalogue(uint64_t handle) const {
  const auto found = serving_->catalogues->find(handle);
  if (found == serving_->catalogues->end()) {
    return invalid_argument("handle: expected one of a catalogue, found " + std::to_string(handle));
  }
  return found->second.get();
}

void Plugin::serve_catalogues(CatalogueSet catalogues) {
  Serving next = *serving_;
  next.catalogues = std::make_shared<const CatalogueSet>(std::move(catalogues));
  serve(std::move(next));
  // A rollback resolves what it needs. What is kept until then must not keep a catalogue alive.
  previous_.catalogues = nullptr;
}

namespace {

Status check_number(const std::string& where, uint64_t number) {
  if (number > 0 && number <= BARKER_MAX_CATALOGUE) return {};
  return invalid_argument(where + ": expected a number from 1 to " +
                          std::to_string(BARKER_MAX_CATALOGUE) + ", found " +
                          std::to_string(number));
}

int32_t no_handle(char* error) {
  return fail(error, BARKER_E_INVALID_ARGUMENT, "handle: expected a pointer, found NULL");
}

int32_t add(barker_plugin* plugin, const barker_ad* ads, uint64_t count, uint64_t stride,
            uint64_t* handle, char* error) {
  return control(plugin, error, [&](Plugin& p) -> int32_t {
    if (!handle) return no_handle(error);
    const Result<std::vector<barker_ad>> ours = read_ads(ads, count, stride);
    if (!ours.ok()) return finish(ours.status(), error);
    Catalogue::Changes changes;
    for (uint64_t i = 0; i < count; ++i) {
      if ((*ours)[i].catalogue_ad != 0) {
        return finish(invalid_argument("ads[" + std::to_string(i) + "].catalogue_ad: expected 0"),
                      error);
      }
      changes.emplace_hint(changes.end(), i + 1, &(*ours)[i]);
    }
    return finish(p.change_catalogue(0, changes), handle, error);
  });
}

int32_t upsert(barker_plugin* plugin, uint64_t handle, const barker_ad* ads, uint64_t count,
               uint64_t stride, uint64_t* changed, char* error) {
  return control(plugin, error, [&](Plugin& p) -> int32_t {
    if (!changed) return no_handle(error);
    if (const auto found = p.catalogue(handle); !found.ok()) return finish(found.status(), error);
    const Result<std::vector<barker_ad>> ours = read_ads(ads, count, stride);
    if (!ours.ok()) return finish(ours.status(), error);
    Catalogue::Changes changes;
    for (uint64_t i = 0; i < count; ++i) {
      const std::string where = "ads[" + std::to_string(i) + "].catalogue_ad";
      const uint64_t number = (*ours)[i].catalogue_ad;
      if (Status s = check_number(where, number); !s.ok()) return finish(s, error);
      if (!changes.emplace(number, &(*ours)[i]).second) {
        return finish(invalid_argument(where + ": " + std::to_string(number) + " is named twice"),
                      error);
      }
    }
    return finish(p.change_catalogue(handle, changes), changed, error);
  });
}

int32_t remove(barker_plugin* plugin, uint64_t handle, const uint64_t* numbers, uint64_t count,
               uint64_t* changed, char* error) {
  return control(plugin, error, [&](Plugin& p) -> int32_t {
    if (!changed) return no_handle(error);
    if (count > 0 && !numbers) {
      return finish(invalid_argument("numbers: expected a pointer, found NULL"), error);
    }
    const Result<const Catalogue*> before = p.catalogue(handle);
    if (!before.ok()) return finish(before.status(), error);
    Catalogue::Changes changes;
    for (uint64_t i = 0; i < count; ++i) {
      const std::string where = "numbers[" + std::to_string(i) + "]";
      if (!(*before)->has(numbers[i])) {
        return finish(invalid_argument(where + ": expected the number of an ad, found " +
                                       std::to_string(numbers[i])),
                      error);
      }
      changes.emplace(numbers[i], nullptr);
    }
    return finish(p.change_catalogue(handle, changes), changed, error);
  });
}

int32_t release(barker_plugin* plugin, uint64_t handle, char* error) {
  return control(plugin, error,
                 [&](Plugin& p) { return finish(p.release_catalogue(handle), error); });
}

}  // namespace

const barker_catalogue kCatalogue = {sizeof(barker_catalogue), add, upsert, remove, release};

}  // namespace barker
