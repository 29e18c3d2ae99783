#include "models/data/dataset_exposure.h"

#include <cmath>

namespace barker {

namespace f = dataset_format;

template <typename Visit>
void DatasetExposure::for_each_sf(Visit visit) const {
  size_t spooled = 0, number = 0;
  for (const SpooledSearch& s : c_.searches.values()) {
    uint32_t place = 0;  // among those that the dataset keeps
    numbers_.for_each_kept_sf(s, spooled,
                              [&](const SpooledImpression& sf) { visit(sf, place++, number++); });
    spooled += s.sf_count;
  }
}

DatasetExposure::DatasetExposure(const DatasetColumns& columns, const DatasetNumbering& numbers)
    : c_(columns), numbers_(numbers) {
  const auto note = [](const SpooledImpression& shown, uint32_t index, Kind& kind) {
    ++kind.shown;
    kind.has_propensities |= !std::isnan(shown.propensity);
    kind.has_positions |= shown.position != index + 1;
  };
  for_each_sf([&](const SpooledImpression& sf, uint32_t i, size_t) { note(sf, i, sfs_); });
  size_t ad = 0;
  for (const SpooledSearch& s : c_.searches.values()) {
    for (uint32_t i = 0; i < s.ad_count; ++i) note(c_.ads.values()[ad++], i, ads_);
  }
}

uint64_t DatasetExposure::size(f::Section section) const {
  const uint64_t points = c_.points.values().size();
  switch (section) {
    case f::kSfPropensity:
      return sfs_.has_propensities ? sfs_.shown * sizeof(float) : 0;
    case f::kSfPosition:
      return sfs_.has_positions ? sfs_.shown * sizeof(uint32_t) : 0;
    case f::kAdPropensity:
      return ads_.has_propensities ? ads_.shown * sizeof(float) : 0;
    case f::kAdPosition:
      return ads_.has_positions ? ads_.shown * sizeof(uint32_t) : 0;
    case f::kAdPointBegin:
      return points > 0 ? (ads_.shown + 1) * sizeof(uint64_t) : 0;
    case f::kAdPoint:
      return points * sizeof(uint32_t);
    default:
      return 0;
  }
}

void DatasetExposure::write(const std::function<std::byte*(f::Section)>& at) const {
  const auto begin_of = [&]<typename T>(f::Section section, T*& begin) {
    if (size(section) > 0) begin = reinterpret_cast<T*>(at(section));
  };
  // Null where the section is empty.
  float *sf_propensity = nullptr, *ad_propensity = nullptr;
  uint32_t *sf_position = nullptr, *ad_position = nullptr, *point = nullptr;
  uint64_t* point_begin = nullptr;
  begin_of(f::kSfPropensity, sf_propensity);
  begin_of(f::kSfPosition, sf_position);
  begin_of(f::kAdPropensity, ad_propensity);
  begin_of(f::kAdPosition, ad_position);
  begin_of(f::kAdPointBegin, point_begin);
  begin_of(f::kAdPoint, point);
  for_each_sf([&](const SpooledImpression& sf, uint32_t, size_t number) {
    if (sf_propensity) sf_propensity[number] = sf.propensity;
    if (sf_position) sf_position[number] = sf.position;
  });
  uint64_t points = 0;
  for (size_t ad = 0; ad < ads_.shown; ++ad) {
    const SpooledImpression& shown = c_.ads.values()[ad];
    if (ad_propensity) ad_propensity[ad] = shown.propensity;
    if (ad_position) ad_position[ad] = shown.position;
    if (point_begin) point_begin[ad] = points;
    points += shown.points;
  }
  if (point_begin) point_begin[ads_.shown] = points;
  for (uint64_t i = 0; i < points; ++i) point[i] = numbers_.keywords()[c_.points.values()[i]];
}

}  // namespace barker
