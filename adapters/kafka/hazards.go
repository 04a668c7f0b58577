package kafka

import (
	"strings"

	"github.com/IBM/sarama"
)

// hazards are the settings of a topic by which it may lose what it has
// acknowledged. Who is not allowed to ask for them is told nothing.
func hazards(client sarama.Client, topic string, partitions []int32) (found []string) {
	replicas := mostReplicas(client, topic, partitions)
	if replicas == 1 {
		found = append(found, "replication factor 1: what one broker loses is lost; give the topic three replicas")
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		return found
	}
	told, err := admin.DescribeConfigs([]*sarama.ConfigResource{{Type: sarama.TopicResource, Name: topic}}, sarama.DescribeConfigsOptions{})
	if err != nil || len(told) != 1 {
		return found
	}
	for _, s := range told[0].Configs { // none without the right to ask
		switch {
		case s.Name == "min.insync.replicas" && s.Value == "1" && replicas > 1:
			found = append(found, "min.insync.replicas 1: one broker alone acknowledges; set 2")
		case s.Name == "unclean.leader.election.enable" && s.Value == "true":
			found = append(found, "unclean.leader.election.enable true: a broker that lacks records may lead; set false")
		case s.Name == "cleanup.policy" && strings.Contains(s.Value, "compact"):
			found = append(found, "cleanup.policy "+s.Value+": only the last event of each session is kept; set delete")
		}
	}
	return found
}

// mostReplicas returns how many replicas the partition has that has most; 0 if it
// is not known.
func mostReplicas(client sarama.Client, topic string, partitions []int32) (most int) {
	for _, partition := range partitions {
		replicas, err := client.Replicas(topic, partition)
		if err == nil {
			most = max(most, len(replicas))
		}
	}
	return most
}
