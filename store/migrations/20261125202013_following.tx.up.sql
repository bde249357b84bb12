-- Beside each person is shown how many they follow: it is counted in an index of just that.
CREATE INDEX edges_following ON edges (actor) WHERE kind = 'follow' AND accepted;
