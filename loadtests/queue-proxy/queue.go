// Package queueproxy only pins Knative's queue-proxy, which `build` makes a program of.
package queueproxy

import _ "knative.dev/serving/pkg/queue/sharedmain"
