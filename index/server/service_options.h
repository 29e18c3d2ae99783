// What the configuration says, as each part of the server takes it. [any thread]
#pragma once

#include <string>

#include "index/config/service_config.h"
#include "index/engine/engine.h"
#include "index/engine/feature_bar.h"
#include "index/log/event_log.h"
#include "index/profiles/profile_store.h"
#include "index/server/http_server.h"

namespace barker {

// `plugin` is that of a configuration which names none.
EngineOptions engine_options(const ServiceConfig& config, const std::string& plugin);
ServerOptions server_options(const ServerConfig& config);
ProfileStoreOptions profile_store_options(const ProfilesConfig& config);
EventLogOptions event_log_options(const LogConfig& config);
FeatureBarOptions bar_options(const FeaturesConfig& config);

}  // namespace barker
