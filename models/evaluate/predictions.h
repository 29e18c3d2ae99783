// Predictions as a file, one row for each instance, for tools that judge or draw them on their own.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "models/base/result.h"
#include "models/data/dataset.h"
#include "models/evaluate/instances.h"

namespace barker {

// What one model predicts for the instances of one task.
struct PredictionRows {
  std::string_view model;
  Task task;
  const InstanceTable& instances;
  std::span<const float> probability;  // one for each instance
};

// Invalid_argument unless the path ends in ".csv" or ".npy".
Status check_predictions_path(const std::string& path);

// Writes all rows, in the order given.
//
// CSV (RFC 4180, UTF-8) has the columns model, task ("main" or "auxiliary"), search, user,
// position, keyword, label, probability. `search` is the number of the search in the dataset,
// `user` and `keyword` are words, `position` counts from 1, `label` is 1 for a click. An ad has the
// keywords of its title, with ";" between them. A keyword that has no number in the dataset is
// empty.
//
// NPY is the format of numpy (version 1.0): a structured array of kPredictionBytes bytes a row, in
// little-endian order, with the fields of kPredictionType. There, `model` counts from 0 in the
// order of the rows, `task` is 0 or 1, `user` and `keyword` are the dataset's numbers. An ad has
// the number of its title instead of a keyword, and a keyword without a number is 4294967295.
//
// An error names the file. The file appears when all of it is written.
Status write_predictions(const std::string& path, const Dataset& data,
                         std::span<const PredictionRows> rows);

inline constexpr char kPredictionType[] =
    "[('model', '<u4'), ('task', '<u4'), ('search', '<u4'), ('user', '<u4'), "
    "('position', '<u4'), ('keyword', '<u4'), ('label', '<u4'), ('probability', '<f4')]";
inline constexpr size_t kPredictionBytes = 32;

}  // namespace barker
