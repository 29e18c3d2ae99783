// The metrics of a process as a text that Prometheus reads (text format 0.0.4).
//
// Families and their series are added before the first scrape, on one thread; text() may then be
// called on any thread, while others count. Families stand in the order in which they were added,
// and series in theirs. Objects that are added must outlive the registry.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/metrics/counter.h"
#include "index/metrics/histogram.h"

namespace barker {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// One series of a family whose series are known only at the scrape.
struct MetricSample {
  MetricLabels labels;
  double value;
};

class Registry {
 public:
  // Names are those of Prometheus: [a-zA-Z_:][a-zA-Z0-9_:]*, counters end in _total, times are in
  // seconds and sizes in bytes. A second series of the same name joins its family; `help` and type
  // are those of the first. A name or label that is not allowed, a second type and a series that is
  // there already are mistakes of the caller, which end the process at its start.
  void add(std::string name, std::string help, MetricLabels labels, const Counter& counter);
  void add(std::string name, std::string help, MetricLabels labels, const Gauge& gauge);
  void add(std::string name, std::string help, MetricLabels labels, const Histogram& histogram);

  // Values that are asked for at each scrape. NaN: there is no value now, and the series is left
  // out.
  void add_counter(std::string name, std::string help, MetricLabels labels,
                   std::function<double()> value);
  void add_gauge(std::string name, std::string help, MetricLabels labels,
                 std::function<double()> value);

  // A gauge whose series are asked for at each scrape, such as one for each generation that serves.
  void add_gauges(std::string name, std::string help,
                  std::function<std::vector<MetricSample>()> samples);

  // The same of counters.
  void add_counters(std::string name, std::string help,
                    std::function<std::vector<MetricSample>()> samples);

  std::string text() const;

 private:
  struct Series {
    MetricLabels labels;
    std::function<void(const std::string& name, const MetricLabels& labels, std::string& out)>
        write;
  };
  struct Family {
    std::string name, help;
    const char* type;
    std::vector<Series> series;
  };
  void add_samples(std::string name, std::string help, const char* type,
                   std::function<std::vector<MetricSample>()> samples);
  void add_series(std::string name, std::string help, const char* type, Series series);

  std::vector<Family> families_;
};

}  // namespace barker
