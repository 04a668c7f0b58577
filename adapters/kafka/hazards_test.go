package kafka_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"dossier/adapters/kafka"
)

// threeBrokers returns a cluster that answers what a topic's settings are.
func threeBrokers(t *testing.T, settings map[string]string) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(3), kfake.SeedTopics(1, topic))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.ControlKey(int16(kmsg.DescribeConfigs), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		answer := r.ResponseKind().(*kmsg.DescribeConfigsResponse)
		for _, asked := range r.(*kmsg.DescribeConfigsRequest).Resources {
			told := kmsg.NewDescribeConfigsResponseResource()
			told.ResourceType, told.ResourceName = asked.ResourceType, asked.ResourceName
			for name, value := range settings {
				setting := kmsg.NewDescribeConfigsResponseResourceConfig()
				setting.Name, setting.Value = name, &value
				told.Configs = append(told.Configs, setting)
			}
			answer.Resources = append(answer.Resources, told)
		}
		return answer, nil, true
	})
	return c
}

// checkHazard checks which setting of a cluster's topic is told, if any.
func checkHazard(t *testing.T, url, told string) {
	t.Helper()
	b, err := kafka.Open(t.Context(), target(t, url))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	found := b.Hazards()
	if told == "" && len(found) > 0 || told != "" && (len(found) != 1 || !strings.HasPrefix(found[0], told)) {
		t.Errorf("told of %q, wanted %q", found, told)
	}
}

func TestSettingsThatMayLoseAreTold(t *testing.T) {
	for told, changed := range map[string][2]string{
		"":                       {},
		"min.insync.replicas 1":  {"min.insync.replicas", "1"},
		"unclean.leader":         {"unclean.leader.election.enable", "true"},
		"cleanup.policy compact": {"cleanup.policy", "compact,delete"},
	} {
		t.Run(told, func(t *testing.T) {
			settings := map[string]string{
				"min.insync.replicas": "2", "unclean.leader.election.enable": "false", "cleanup.policy": "delete", changed[0]: changed[1],
			}
			checkHazard(t, "kafka://"+threeBrokers(t, settings).ListenAddrs()[0], told)
		})
	}
}

// With one replica there is no second that could be in sync.
func TestOneReplicaIsTold(t *testing.T) {
	c := started(t, kfake.SeedTopics(1, topic), kfake.BrokerConfigs(map[string]string{"default.replication.factor": "1"}))
	checkHazard(t, c.url(), "replication factor 1")
}

var errNoRight = errors.New("no right to ask")

// Who may only write is told nothing, and can write.
func TestSettingsThatCanNotBeAskedForAreNotTold(t *testing.T) {
	c := threeBrokers(t, nil)
	c.ControlKey(int16(kmsg.DescribeConfigs), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return nil, errNoRight, true
	})
	checkHazard(t, "kafka://"+c.ListenAddrs()[0], "")
}
