// The functions behind the table of routes, by the files that hold them. Only index/server's route
// files include this.
#pragma once

#include <optional>

#include "index/server/http_message.h"
#include "index/server/service.h"

namespace barker {

// routes.cpp: the problem to answer where the request does not have the administrator's token.
std::optional<HttpResponse> refuse_unless_administrator(const HttpRequest& request,
                                                        Service& service);

// page_routes.cpp
HttpResponse get_page(const HttpRequest& request, Service& service);
HttpResponse get_page_file(const HttpRequest& request, Service& service);
HttpResponse get_page_settings(const HttpRequest& request, Service& service);
HttpResponse get_suggest(const HttpRequest& request, Service& service);
HttpResponse get_influence(const HttpRequest& request, Service& service);

// search_routes.cpp
HttpResponse get_search(const HttpRequest& request, Service& service);
HttpResponse post_search(const HttpRequest& request, Service& service);
HttpResponse post_rescore(const HttpRequest& request, Service& service);

// event_routes.cpp
HttpResponse post_events(const HttpRequest& request, Service& service);

// user_routes.cpp
HttpResponse get_user(const HttpRequest& request, Service& service);
HttpResponse delete_user(const HttpRequest& request, Service& service);

// admin_routes.cpp
HttpResponse get_admin_weights(const HttpRequest& request, Service& service);
HttpResponse post_weights_load(const HttpRequest& request, Service& service);
HttpResponse post_weights_rollback(const HttpRequest& request, Service& service);
HttpResponse post_weights_publish(const HttpRequest& request, Service& service);
HttpResponse post_weights_promote(const HttpRequest& request, Service& service);
HttpResponse post_canary(const HttpRequest& request, Service& service);
HttpResponse post_rules_reload(const HttpRequest& request, Service& service);
HttpResponse get_admin_status(const HttpRequest& request, Service& service);
HttpResponse post_ads(const HttpRequest& request, Service& service);
HttpResponse post_catalogue_reload(const HttpRequest& request, Service& service);

// state_routes.cpp
HttpResponse get_healthz(const HttpRequest& request, Service& service);
HttpResponse get_readyz(const HttpRequest& request, Service& service);
HttpResponse get_metrics(const HttpRequest& request, Service& service);
HttpResponse get_openapi(const HttpRequest& request, Service& service);

}  // namespace barker
