package mastodon

import (
	"slices"

	"entente.example/entente/api"
)

// Table is the whole API, one line an endpoint.
func (a *API) Table() []api.Route {
	return slices.Concat(a.openRoutes(), a.accountRoutes(), a.statusRoutes(), a.listRoutes(), a.groupRoutes(), a.moderationRoutes(), a.topicRoutes(), a.mediaRoutes(), a.startRoutes(), a.streamRoutes())
}

func (a *API) openRoutes() []api.Route {
	return []api.Route{
		api.Endpoint("GET /api/v1/instance", api.Anyone(), a.instanceV1),
		api.Endpoint("GET /api/v2/instance", api.Anyone(), a.instance),
		api.Endpoint("GET /api/v1/custom_emojis", api.Anyone(), none),
		api.Endpoint("GET /api/blank.png", api.Anyone(), a.blankPicture),
		api.Endpoint("GET /api/v1/apps/verify_credentials", api.App(), a.application),
	}
}

func (a *API) accountRoutes() []api.Route {
	return []api.Route{
		api.Endpoint("GET /api/v1/accounts/verify_credentials", api.Member("read:accounts", "profile"), a.credentials),
		api.Endpoint("GET /api/v1/accounts/lookup", api.Member("read:accounts"), a.lookup),
		api.Endpoint("GET /api/v1/accounts/search", api.Member("read:accounts"), a.searchAccounts),
		api.Endpoint("GET /api/v1/accounts/relationships", api.Member("read:follows"), a.relationships),
		api.Endpoint("GET /api/v1/accounts/{id}", api.Member("read:accounts"), a.getAccount),
		api.Endpoint("GET /api/v1/accounts/{id}/statuses", api.Member("read:statuses"), a.wall),
		api.Endpoint("GET /api/v1/accounts/{id}/followers", api.Member("read:accounts"), a.followers),
		api.Endpoint("GET /api/v1/accounts/{id}/following", api.Member("read:accounts"), a.following),
		api.Endpoint("GET /api/v1/accounts/{id}/featured_tags", api.Member("read:accounts"), none),
		api.Endpoint("POST /api/v1/accounts/{id}/follow", api.Member("write:follows"), a.follow),
		api.Endpoint("POST /api/v1/accounts/{id}/unfollow", api.Member("write:follows"), a.unfollow),
		api.Endpoint("POST /api/v1/accounts/{id}/block", api.Member("write:blocks"), a.block),
		api.Endpoint("POST /api/v1/accounts/{id}/unblock", api.Member("write:blocks"), a.unblock),
		api.Endpoint("GET /api/v1/blocks", api.Member("read:blocks"), a.blocks),
		api.Endpoint("POST /api/v1/reports", api.Member("write:reports"), a.report),
		api.Endpoint("GET /api/v1/follow_requests", api.Member("read:follows"), a.followRequests),
	}
}

func (a *API) statusRoutes() []api.Route {
	return []api.Route{
		api.Endpoint("POST /api/v1/statuses", api.Member("write:statuses"), a.post),
		api.Endpoint("POST /api/entente/v1/audience", api.Member("write:statuses"), a.audience),
		api.Endpoint("GET /api/v1/statuses/{id}", api.Member("read:statuses"), a.getStatus),
		api.Endpoint("PUT /api/v1/statuses/{id}", api.Member("write:statuses"), a.edit),
		api.Endpoint("DELETE /api/v1/statuses/{id}", api.Member("write:statuses"), a.delete),
		api.Endpoint("GET /api/v1/statuses/{id}/context", api.Member("read:statuses"), a.context),
		api.Endpoint("GET /api/v1/statuses/{id}/history", api.Member("read:statuses"), a.history),
		api.Endpoint("GET /api/v1/statuses/{id}/source", api.Member("read:statuses"), a.source),
		api.Endpoint("GET /api/v1/statuses/{id}/deliveries", api.Member("read:statuses"), a.deliveries),
		api.Endpoint("POST /api/v1/statuses/{id}/favourite", api.Member("write:favourites"), a.favourite),
		api.Endpoint("POST /api/v1/statuses/{id}/unfavourite", api.Member("write:favourites"), a.unfavourite),
		api.Endpoint("POST /api/v1/statuses/{id}/reblog", api.Member("write:statuses"), a.reblog),
		api.Endpoint("POST /api/v1/statuses/{id}/unreblog", api.Member("write:statuses"), a.unreblog),
		api.Endpoint("GET /api/v1/statuses/{id}/favourited_by", api.Member("read:accounts"), a.favouritedBy),
		api.Endpoint("GET /api/v1/statuses/{id}/reblogged_by", api.Member("read:accounts"), a.rebloggedBy),
		api.Endpoint("GET /api/v1/statuses/{id}/quotes", api.Member("read:statuses"), a.quotedBy),
		api.Endpoint("POST /api/v1/statuses/{id}/quotes/{quoting}/revoke", api.Member("write:statuses"), a.revokeQuote),
		api.Endpoint("GET /api/v1/pleroma/statuses/{id}/reactions", api.Member("read:statuses"), a.reactions),
		api.Endpoint("PUT /api/v1/pleroma/statuses/{id}/reactions/{emoji}", api.Member("write:favourites"), a.react),
		api.Endpoint("DELETE /api/v1/pleroma/statuses/{id}/reactions/{emoji}", api.Member("write:favourites"), a.unreact),
		api.Endpoint("GET /api/v1/polls/{id}", api.Member("read:statuses"), a.getPoll),
		api.Endpoint("POST /api/v1/polls/{id}/votes", api.Member("write:statuses"), a.vote),
		api.Endpoint("GET /api/v1/favourites", api.Member("read:favourites"), a.favourites),
	}
}

func (a *API) listRoutes() []api.Route {
	return []api.Route{
		api.Endpoint("GET /api/v1/timelines/home", api.Member("read:statuses"), a.home),
		api.Endpoint("GET /api/v1/timelines/public", api.Member("read:statuses"), a.public),
		api.Endpoint("GET /api/v1/timelines/group/{id}", api.Member("read:statuses"), a.groupTimeline),
		api.Endpoint("GET /api/v1/notifications", api.Member("read:notifications"), a.notifications),
		api.Endpoint("GET /api/v1/notifications/{id}", api.Member("read:notifications"), a.notification),
		api.Endpoint("POST /api/v1/notifications/clear", api.Member("write:notifications"), a.clearNotifications),
		api.Endpoint("POST /api/v1/notifications/{id}/dismiss", api.Member("write:notifications"), a.dismissNotification),
		api.Endpoint("GET /api/v2/search", api.Member("read:search"), a.search),
	}
}

func (a *API) groupRoutes() []api.Route {
	return []api.Route{
		api.Endpoint("GET /api/v1/groups", api.Member("read:groups"), a.groups),
		api.Endpoint("POST /api/v1/groups", api.Member("write:groups"), a.openGroup),
		api.Endpoint("GET /api/v1/groups/{id}", api.Member("read:groups"), a.getGroup),
		api.Endpoint("GET /api/v1/groups/{id}/members", api.Member("read:groups"), a.members),
		api.Endpoint("POST /api/v1/groups/{id}/join", api.Member("write:groups"), a.join),
		api.Endpoint("POST /api/v1/groups/{id}/leave", api.Member("write:groups"), a.leave),
		api.Endpoint("PUT /api/entente/v1/groups/{id}/successor", api.Member("write:groups"), a.nameSuccessor),
		api.Endpoint("DELETE /api/entente/v1/groups/{id}/successor", api.Member("write:groups"), a.nameNoSuccessor),
		api.Endpoint("POST /api/entente/v1/groups/{id}/hand_over", api.Member("write:groups"), a.handOver),
	}
}

func (a *API) moderationRoutes() []api.Route {
	const at = "/api/entente/v1/groups"
	read, write := api.Member("read:groups"), api.Member("write:groups")
	return []api.Route{
		api.Endpoint("GET "+at, read, a.groups),
		api.Endpoint("POST "+at, write, a.openGroup),
		api.Endpoint("GET "+at+"/{id}", read, a.getGroup),
		api.Endpoint("PATCH "+at+"/{id}", write, a.changeGroup),
		api.Endpoint("POST "+at+"/{id}/join", write, a.join),
		api.Endpoint("POST "+at+"/{id}/leave", write, a.leave),
		api.Endpoint("POST "+at+"/{id}/decline", write, a.decline),
		api.Endpoint("GET "+at+"/{id}/members", read, a.roleList),
		api.Endpoint("PUT "+at+"/{id}/members/{account}", write, a.towardWith(a.setRole)),
		api.Endpoint("DELETE "+at+"/{id}/members/{account}", write, a.toward(a.engine.Remove)),
		api.Endpoint("GET "+at+"/{id}/requests", read, a.kept(a.wishes)),
		api.Endpoint("POST "+at+"/{id}/requests/{account}/accept", write, a.letIn(true)),
		api.Endpoint("POST "+at+"/{id}/requests/{account}/reject", write, a.letIn(false)),
		api.Endpoint("GET "+at+"/{id}/invitations", read, a.kept(a.invited)),
		api.Endpoint("PUT "+at+"/{id}/invitations/{account}", write, a.toward(a.engine.Invite)),
		api.Endpoint("DELETE "+at+"/{id}/invitations/{account}", write, a.toward(a.engine.Uninvite)),
		api.Endpoint("GET "+at+"/{id}/bans", read, a.kept(a.banned)),
		api.Endpoint("PUT "+at+"/{id}/bans/{account}", write, a.toward(a.engine.Ban)),
		api.Endpoint("DELETE "+at+"/{id}/bans/{account}", write, a.toward(a.engine.Unban)),
		api.Endpoint("GET "+at+"/{id}/waiting", read, a.waiting),
		api.Endpoint("POST "+at+"/{id}/waiting/{status}/accept", write, a.review(true)),
		api.Endpoint("POST "+at+"/{id}/waiting/{status}/reject", write, a.review(false)),
		api.Endpoint("PUT "+at+"/{id}/pins/{status}", write, a.onPost(a.engine.Pin)),
		api.Endpoint("DELETE "+at+"/{id}/pins/{status}", write, a.onPost(a.engine.Unpin)),
		api.Endpoint("PUT "+at+"/{id}/locks/{status}", write, a.onPost(a.engine.CloseThread)),
		api.Endpoint("DELETE "+at+"/{id}/locks/{status}", write, a.onPost(a.engine.ReopenThread)),
		api.Endpoint("DELETE "+at+"/{id}/posts/{status}", write, a.takeDown),
		api.Endpoint("GET "+at+"/{id}/removals", read, a.removals),
		api.Endpoint("GET "+at+"/{id}/export", read, a.exportGroup),
		api.Endpoint("GET "+at+"/{id}/reports", read, a.groupReports),
		api.Endpoint("DELETE "+at+"/{id}/reports/{report}", write, a.settleReport),
		api.Endpoint("PUT "+at+"/{id}/answers/{status}", write, a.onPost(a.markAnswer(true))),
		api.Endpoint("DELETE "+at+"/{id}/answers/{status}", write, a.onPost(a.markAnswer(false))),
		api.Endpoint("GET /api/entente/v1/statuses/{id}/answer", api.Member("read:statuses"), a.answer),
		api.Endpoint("GET /api/entente/v1/group_invitations", read, a.invitations),
	}
}

func (a *API) topicRoutes() []api.Route {
	const at = "/api/entente/v1/groups"
	read, write := api.Member("read:groups"), api.Member("write:groups")
	return []api.Route{
		api.Endpoint("GET "+at+"/{id}/topics", read, a.topics),
		api.Endpoint("POST "+at+"/{id}/topics", write, a.makeTopic),
		api.Endpoint("PUT "+at+"/{id}/topics/{topic}", write, a.renameTopic),
		api.Endpoint("DELETE "+at+"/{id}/topics/{topic}", write, a.removeTopic),
		api.Endpoint("PUT "+at+"/{id}/posts/{status}/topic", write, a.moveToTopic),
	}
}

func (a *API) mediaRoutes() []api.Route {
	return []api.Route{
		api.Endpoint("GET /api/entente/v1/sealed_messages", api.Member("read:statuses"), a.listSealed),
		api.Endpoint("DELETE /api/entente/v1/sealed_messages/{id}", api.Member("write:statuses"), a.openSealed),
		api.Endpoint("GET /api/v1/scheduled_statuses", api.Member("read:statuses"), a.listScheduled),
		api.Endpoint("GET /api/v1/scheduled_statuses/{id}", api.Member("read:statuses"), a.getScheduled),
		api.Endpoint("PUT /api/v1/scheduled_statuses/{id}", api.Member("write:statuses"), a.reschedule),
		api.Endpoint("DELETE /api/v1/scheduled_statuses/{id}", api.Member("write:statuses"), a.unschedule),
		api.Endpoint("POST /api/v1/media", api.Member("write:media"), a.addMedia).Taking(maxUpload),
		api.Endpoint("POST /api/v2/media", api.Member("write:media"), a.addMedia).Taking(maxUpload),
		api.Endpoint("GET /api/v1/media/{id}", api.Member("write:media"), a.getMedia),
		api.Endpoint("PUT /api/v1/media/{id}", api.Member("write:media"), a.describeMedia),
	}
}

// startRoutes are what stock clients ask for when they start. Of most there are
// none yet, and an empty list says so.
func (a *API) startRoutes() []api.Route {
	return []api.Route{
		api.Endpoint("GET /api/v1/preferences", api.Member("read:accounts"), a.preferences),
		api.Endpoint("GET /api/v1/announcements", api.Member("read:accounts"), none),
		api.Endpoint("GET /api/v1/bookmarks", api.Member("read:bookmarks"), none),
		api.Endpoint("GET /api/v1/domain_blocks", api.Member("read:blocks"), none),
		api.Endpoint("GET /api/v1/filters", api.Member("read:filters"), none),
		api.Endpoint("GET /api/v2/filters", api.Member("read:filters"), none),
		api.Endpoint("GET /api/v1/followed_tags", api.Member("read:follows"), none),
		api.Endpoint("GET /api/v1/lists", api.Member("read:lists"), none),
		api.Endpoint("GET /api/v1/markers", api.Member("read:statuses"), empty),
		api.Endpoint("GET /api/v1/mutes", api.Member("read:mutes"), none),
	}
}

func (a *API) streamRoutes() []api.Route {
	statuses, notifications := api.Member("read:statuses").Streaming(), api.Member("read:notifications").Streaming()
	return []api.Route{
		api.Endpoint("GET /api/v1/streaming/health", api.Anyone(), streamHealth),
		api.Endpoint("GET /api/v1/streaming/user", statuses, a.serverSent("user")),
		api.Endpoint("GET /api/v1/streaming/user/notification", notifications, a.serverSent("user:notification")),
		api.Endpoint("GET /api/v1/streaming/public", statuses, a.serverSent("public")),
		api.Endpoint("GET /api/v1/streaming/public/local", statuses, a.serverSent("public:local")),
		api.Endpoint("GET /api/v1/streaming", api.Member("read:statuses", "read:notifications").Streaming(), a.webSocket),
	}
}
