package bench

import "context"

func timeline(ctx context.Context, r *run) error { return nil }

func ingestFull(ctx context.Context, r *run) error { return nil }
