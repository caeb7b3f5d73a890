// Pause holds the namespaces of a pod while its containers come and go.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Println("pause: it takes no arguments and runs until SIGINT or SIGTERM")
		return
	}
	// As process 1 of a pod it gets no default action for a signal, so it must ask for them.
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	<-ended
}
